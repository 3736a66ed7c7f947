# Several hundred thousand small sets, some of which stay, and a large one that is made anew many times.
let
  n = 300000;
  step = sets: i: builtins.listToAttrs (builtins.genList (k: { name = "k${toString k}"; value = k * i; }) 40) // { last = sets.last or 0; };
  small = builtins.foldl' (a: i: (step { last = a; } i).k7 + a) 0 (builtins.genList (i: i) 15000);
  grow = builtins.foldl' (sets: i: sets // { "n${toString i}" = i; }) { } (builtins.genList (i: i) 1500);
  many = builtins.genList (i: { inherit i; half = i / 2; name = "x${toString i}"; }) n;
in [ small (builtins.length (builtins.attrNames grow)) (builtins.foldl' (a: m: a + m.i + m.half + builtins.stringLength m.name) 0 many) ]
