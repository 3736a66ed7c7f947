@main[]
$t[^table::create{name	number}]
^for[i](1;500){^t.append{n$i	^eval($i*7 % 101)}}
^t.sort($t.number)
^t.menu{$t.name=$t.number}[,]
