# Arguments: a process to watch, a directory of servers.
# When the process has ended, stops every server that left a `server.pid` ("SIGNAL PID") and removes the directory.
while kill -0 "$1" 2>/dev/null; do sleep 0.2; done

for file in "$2"/*/server.pid; do
    [ -r "$file" ] && read -r signal pid <"$file" || continue
    kill "-$signal" "$pid" 2>/dev/null || continue
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        kill -0 "$pid" 2>/dev/null || continue 2
        sleep 0.2
    done
    kill -KILL "$pid" 2>/dev/null
done
rm -rf "$2"
