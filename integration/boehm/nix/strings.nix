# Strings are made with GC_strdup and live outside of what is scanned.
let
  lines = builtins.genList (i: builtins.concatStringsSep " " (builtins.genList (k: toString (i * k)) 60)) 1500;
  parts = builtins.concatMap (line: builtins.filter builtins.isString (builtins.split " " line)) lines;
  text = builtins.concatStringsSep "," parts;
in { n = builtins.length parts; hash = builtins.hashString "sha256" text;
     replaced = builtins.stringLength (builtins.replaceStrings [ "1" ] [ "one" ] text); }
