import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Nothing that we start outlives us, not even when we are killed with SIGKILL: a shell of its own session waits for
 * the end of a pipe that closes with this process, and then ends what is still registered, youngest first.
 * One `sh` costs less than a Node process per child, and needs nothing on the machine.
 *
 * Lines it reads: `watch <pid> <signal>` (pid leads its process group), `forget <pid>`, `remove <folder>`, `run <command>`.
 */
const script = `
trap '' INT TERM HUP
groups= folders= commands=
while read -r verb rest; do
  case $verb in
    watch) groups="$rest
$groups" ;;
    forget) groups=$(printf '%s' "$groups" | while read -r pid sig; do [ "$pid" = "$rest" ] || echo "$pid $sig"; done)
      groups="$groups
" ;;
    remove) folders="$rest
$folders" ;;
    run) commands="$rest
$commands" ;;
  esac
done
printf '%s' "$groups" | while read -r pid sig; do
  [ -n "$pid" ] || continue
  kill "-$sig" "$pid" 2>/dev/null
  n=0
  while [ $n -lt 50 ] && kill -0 "$pid" 2>/dev/null; do sleep 0.1; n=$((n + 1)); done
  kill -KILL "-$pid" 2>/dev/null
done
printf '%s' "$commands" | sh
printf '%s' "$folders" | while read -r folder; do [ -n "$folder" ] && rm -rf "$folder"; done
exit 0
`;

export class Keeper {
  readonly #shell: ChildProcess;

  constructor() {
    this.#shell = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' });
    // Without the shell we still stop our children ourselves; only a SIGKILL of this process would leave them.
    this.#shell.on('error', () => {});
    this.#shell.stdin?.on('error', () => {});
    this.#shell.unref();
    const stdin: unknown = this.#shell.stdin;
    // A pipe to a child is a net.Socket, though the types say Writable; it must not keep us running.
    if (typeof stdin === 'object' && stdin !== null && 'unref' in stdin && typeof stdin.unref === 'function')
      stdin.unref();
  }

  /** @param signal the polite one, without `SIG`; SIGKILL follows after 5 s, to the whole process group */
  watch(pid: number, signal: 'TERM' | 'INT' | 'QUIT' | 'KILL'): void {
    this.#say(`watch ${pid} ${signal}`);
  }

  forget(pid: number): void {
    this.#say(`forget ${pid}`);
  }

  /** Deletes this folder once we are gone, however that comes. */
  removeAtEnd(folder: string): void {
    this.#say(`remove ${folder}`);
  }

  /** Runs this line of shell once we are gone, however that comes; it must do no harm where its work is done already. */
  runAtEnd(command: string): void {
    this.#say(`run ${command}`);
  }

  #say(line: string): void {
    this.#shell.stdin?.write(`${line}\n`);
  }
}
