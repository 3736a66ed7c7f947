@main[]
^for[i](1;2000){$o[^hash::create[$.list[^numbers[$i]] $.text[item $i]]]$last[$o.text]}
$last ^math:abs(-5) ^math:sqrt(144) ^o.list._count[]

@numbers[n]
$h[^hash::create[]]
^for[k](0;10){$h.[$k]($n+$k)}
$result[$h]
