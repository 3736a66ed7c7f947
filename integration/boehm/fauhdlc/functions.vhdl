entity functions is end functions;
architecture a of functions is
  function larger(x : integer; y : integer) return integer is
  begin
    if x > y then return x; else return y; end if;
  end larger;
  signal result : integer := 0;
begin
  process begin
    for i in 1 to 20 loop
      result <= larger(i, 20 - i);
    end loop;
    wait;
  end process;
end a;
