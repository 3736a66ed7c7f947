# A lazy program: endless lists, fixpoints, sets, strings and a sort, each of a few lines.
let
  inherit (builtins) foldl' genList map filter elemAt length concatStringsSep sort head tail attrNames listToAttrs;
  sum = foldl' (a: b: a + b) 0;
  range = n: genList (i: i) n;

  # An endless list: only as much of it is made as is asked for.
  from = n: { value = n; rest = from (n + 1); };
  take = n: l: if n == 0 then [ ] else [ l.value ] ++ take (n - 1) l.rest;
  keep = p: l: if p l.value then { inherit (l) value; rest = keep p l.rest; } else keep p l.rest;
  mod = a: b: a - b * (a / b);
  sieve = l: { inherit (l) value; rest = sieve (keep (n: mod n l.value != 0) l.rest); };
  primes = take 60 (sieve (from 2));

  # A fixpoint: each entry of the list refers to the list itself.
  fix = f: let x = f x; in x;
  fib = fix (self: genList (i: if i < 2 then i else elemAt self (i - 1) + elemAt self (i - 2)) 70);

  # Sets: overlays, as Nix's packages are made.
  overlay = old: i: old // { "k${toString i}" = i; total = (old.total or 0) + i; };
  layered = foldl' overlay { } (range 400);

  # Trees.
  insert = x: t: if t == null then { inherit x; l = null; r = null; }
    else if x < t.x then t // { l = insert x t.l; }
    else if x > t.x then t // { r = insert x t.r; }
    else t;
  walk = t: if t == null then [ ] else walk t.l ++ [ t.x ] ++ walk t.r;
  scattered = map (i: mod (i * 7919) 1009) (range 500);
  tree = foldl' (t: x: insert x t) null scattered;

  # A queens puzzle.
  safe = q: qs: let
      go = d: l: if l == [ ] then true
        else head l != q && head l != q + d && head l != q - d && go (d + 1) (tail l);
    in go 1 qs;
  queens = n: let
      place = k: if k == 0 then [ [ ] ]
        else builtins.concatMap (qs: map (q: [ q ] ++ qs) (filter (q: safe q qs) (range n))) (place (k - 1));
    in length (place n);

  # Strings.
  words = map (i: "w${toString (mod (i * i) 97)}") (range 300);
  counted = foldl' (acc: w: acc // { ${w} = (acc.${w} or 0) + 1; }) { } words;
  text = concatStringsSep "," (map (w: "${w}=${toString counted.${w}}") (attrNames counted));

  # What is never looked at is never made.
  lazy = { good = 1; bad = throw "nobody asked for this"; };

  # Functions that return functions, and a record of them.
  compose = foldl' (f: g: x: f (g x)) (x: x);
  steps = map (i: x: x + i) (range 200);

  sorted = sort (a: b: a > b) scattered;
  named = listToAttrs (map (i: { name = "n${toString i}"; value = range i; }) (range 120));
in
{
  primes = sum primes;
  last = elemAt primes 59;
  fib = elemAt fib 69;
  layered = layered.total;
  tree = sum (walk tree);
  ordered = walk tree == sort (a: b: a < b) (walk tree);
  queens = queens 6;
  text = builtins.hashString "sha256" text;
  lazy = lazy.good;
  composed = compose steps 0;
  sorted = elemAt sorted 10;
  named = sum (map (n: length named.${n}) (attrNames named));
}
