# Much garbage, little that stays.
let
  step = i: let xs = builtins.genList (k: { v = k * i; }) 200; in builtins.foldl' (a: x: a + x.v) 0 xs;
in builtins.foldl' (a: i: a + step i) 0 (builtins.genList (i: i) 4000)
