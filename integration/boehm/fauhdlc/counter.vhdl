entity counter is end counter;
architecture a of counter is
  signal total : integer := 0;
begin
  process
    variable n : integer := 0;
  begin
    while n < 50 loop
      n := n + 1;
      total <= n * n;
    end loop;
    wait;
  end process;
end a;
