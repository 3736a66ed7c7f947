entity procedures is end procedures;
architecture a of procedures is
  signal result : integer := 0;
begin
  process
    variable n : integer := 1;
    variable odd : boolean := true;
  begin
    while n < 1000 loop
      case n is
        when 5 => n := n + 1; odd := not odd;
        when 1 => n := n * 2;
        when others => n := n + 7;
      end case;
    end loop;
    if odd and n > 10 then result <= n; else result <= -n; end if;
    wait;
  end process;
end a;
