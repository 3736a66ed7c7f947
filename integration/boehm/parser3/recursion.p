@main[]
^fib[18] ^join[^hash::create[]](200)

@fib[n]
^if($n<2){$n}{^eval(^fib($n-1) + ^fib($n-2))}

@join[h;n]
^if($n>0){$h.[$n][x$n]^join[$h]($n-1)}{^h._count[]}
