local there = expires > 0 and 1 or 0
if arg[1] == 1 then
	expires = now + arg[2]
	write()
end
return { there, 0, 0, 0 }
