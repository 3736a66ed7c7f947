@main[]
$h[^hash::create[]]
^for[i](1;3000){$h.[key$i][$.n($i) $.square($i*$i)]}
$sum(0)
^h.foreach[key;value]{^sum.inc($value.square)}
^h._count[] $sum ^h.key77.n.format[%05d]
