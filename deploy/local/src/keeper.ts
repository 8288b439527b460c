import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

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
# a dead process that nobody has waited for still has its number (in containers often for ever)
alive() { kill -0 "$1" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }
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
  while [ $n -lt 50 ] && alive "$pid"; do sleep 0.1; n=$((n + 1)); done
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

  /** Its work, now: for the end of a program, once it has stopped its children itself. Resolves when the shell is gone. */
  async close(): Promise<void> {
    if (this.#shell.exitCode !== null || this.#shell.pid === undefined) return;
    this.#shell.ref();
    const gone = once(this.#shell, 'exit');
    this.#shell.stdin?.end();
    await gone;
  }

  #say(line: string): void {
    this.#shell.stdin?.write(`${line}\n`);
  }
}
