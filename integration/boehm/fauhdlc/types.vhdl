entity types is end types;
architecture a of types is
  type state is (idle, busy, done);
  type numbers is array (0 to 7) of integer;
  signal now_is : state := busy;
  signal all_of_them : numbers;
begin
  process begin
    for i in 0 to 7 loop
      all_of_them(i) <= i * 3;
    end loop;
    wait;
  end process;
end a;
