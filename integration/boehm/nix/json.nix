# To JSON and back.
let
  value = builtins.listToAttrs (builtins.genList (i: {
    name = "key${toString i}";
    value = { list = builtins.genList (k: k * i) 20; text = "\"quoted\" ${toString i}"; none = null; yes = true; };
  }) 800);
  back = builtins.fromJSON (builtins.toJSON value);
in { same = back == value; size = builtins.stringLength (builtins.toJSON value); }
