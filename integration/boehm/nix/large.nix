# Several hundred megabytes that are alive all at the same time.
let
  n = 1500000;
  records = builtins.genList (i: { inherit i; next = i + 1; text = [ i (i + 1) ]; }) n;
  total = builtins.foldl' (a: r: a + r.next + builtins.elemAt r.text 0) 0 records;
  again = builtins.foldl' (a: r: a + builtins.elemAt r.text 1) 0 records;
in [ total again (builtins.length records) ]
