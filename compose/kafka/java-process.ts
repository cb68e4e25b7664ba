import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

export interface JavaProgram {
  readonly java: string
  readonly args: readonly string[]
  readonly directory: string
  /** Everything it prints goes there. */
  readonly logFile: string
  /** Lines like these, one after the other, say that it is ready. */
  readonly readyLines: readonly RegExp[]
  readonly environment?: Readonly<Record<string, string>>
}

const START_MS = 120_000
const LAST_LINES = 12

/** A Java program running beside this one; it does not outlive it. */
export class JavaProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #endWithUs = (): void => void this.#child.kill('SIGKILL')

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#exited = once(child, 'exit')
    process.once('exit', this.#endWithUs)
    void this.#exited.then(() => process.off('exit', this.#endWithUs))
  }

  /** Resolves when it is ready. Rejects with its last lines when it ends before that, or takes two minutes. */
  static async start(program: JavaProgram): Promise<JavaProcess> {
    const { java, args, directory, logFile, readyLines, environment } = program
    const child = spawn(java, args, { cwd: directory, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
    const running = new JavaProcess(child)
    const log = createWriteStream(logFile, { flags: 'a' })
    const last: string[] = []
    const awaited = [...readyLines]
    try {
      await new Promise<void>((resolve, reject) => {
        const giveUp = setTimeout(() => reject(new Error(`${java} is not ready after ${START_MS / 1000} s:\n${last.join('\n')}`)), START_MS)
        child.once('error', reject)
        child.once('exit', (code) => reject(new Error(`${java} ended with ${code} before it was ready:\n${last.join('\n')}`)))
        const read = (line: string): void => {
          log.write(`${line}\n`)
          last.push(line)
          if (last.length > LAST_LINES) last.shift()
          if (awaited[0]?.test(line)) awaited.shift()
          if (awaited.length > 0) return
          clearTimeout(giveUp)
          resolve()
        }
        for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface({ input: stream }).on('line', read)
        child.once('exit', () => clearTimeout(giveUp))
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

  /** Asks it to end, and waits until it has. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** Stops its clock: it neither answers nor notices. */
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
