import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

export interface JavaProgram {
  readonly java: string
  readonly args: readonly string[]
  readonly directory: string
  /** Receives everything that the program prints. */
  readonly logFile: string
  /** The program is ready when it has printed a line for each of these, in this order. */
  readonly readyLines: readonly RegExp[]
  readonly environment?: Readonly<Record<string, string>>
}

const START_TIMEOUT_MS = 120_000
const STOP_TIMEOUT_MS = 30_000
const LAST_LINES = 12

/** A Java program as a child process; it is killed when this process exits. */
export class JavaProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #killChild = (): void => void this.#child.kill('SIGKILL')

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#exited = once(child, 'exit')
    process.once('exit', this.#killChild)
    void this.#exited.then(() => process.off('exit', this.#killChild))
  }

  /** Resolves when the program is ready. Rejects with its last lines when it exits before that, or is not ready after two minutes. */
  static async start(program: JavaProgram): Promise<JavaProcess> {
    const { java, args, directory, logFile, readyLines, environment } = program
    const child = spawn(java, args, { cwd: directory, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
    const running = new JavaProcess(child)
    const log = createWriteStream(logFile, { flags: 'a' })
    const last: string[] = []
    const expected = [...readyLines]
    try {
      await new Promise<void>((resolve, reject) => {
        const timeout = setTimeout(
          () => reject(new Error(`${java} was not ready after ${START_TIMEOUT_MS / 1000} s:\n${last.join('\n')}`)),
          START_TIMEOUT_MS,
        )
        child.once('error', reject)
        child.once('exit', (code) => reject(new Error(`${java} exited with code ${code} before it was ready:\n${last.join('\n')}`)))
        const read = (line: string): void => {
          log.write(`${line}\n`)
          last.push(line)
          if (last.length > LAST_LINES) last.shift()
          if (expected[0]?.test(line)) expected.shift()
          if (expected.length > 0) return
          clearTimeout(timeout)
          resolve()
        }
        for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface({ input: stream }).on('line', read)
        child.once('exit', () => clearTimeout(timeout))
      })
      return running
    } catch (error) {
      await running.kill()
      throw error
    }
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Sends SIGTERM and waits for the exit. */
  /** Kills the program if it does not stop by itself: the last nodes of a cluster can wait for a quorum that is gone. */
  async stop(): Promise<void> {
    const timeout = setTimeout(this.#killChild, STOP_TIMEOUT_MS)
    await this.#end('SIGTERM')
    clearTimeout(timeout)
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** Freezes the process with SIGSTOP: it answers nothing until `resume`. */
  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  resume(): void {
    this.#child.kill('SIGCONT')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning || this.#child.pid === undefined) return
    this.#child.kill(signal)
    await this.#exited
  }
}
