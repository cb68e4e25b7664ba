import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'

export interface PlainProcessOptions {
  readonly program: string
  readonly args: readonly string[]
  /** Its whole environment, except for PATH. */
  readonly environment: Readonly<Record<string, string>>
  readonly logFile: string
}

/** A program as a child process; it is killed when this process exits. */
export class PlainProcess {
  /** Resolves with its exit code, or null when a signal ended it. */
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  #output = ''

  constructor({ program, args, environment, logFile }: PlainProcessOptions) {
    const child = spawn(program, args, { env: { PATH: process.env.PATH, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.ended = once(child, 'exit').then(([code]) => code as number | null)
    const killChild = (): void => void child.kill('SIGKILL')
    process.once('exit', killChild)
    this.ended.then(
      () => process.off('exit', killChild),
      (error: unknown) => (this.#output += String(error)),
    )
    const log = createWriteStream(logFile, { flags: 'a' })
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        log.write(text)
        this.#output += text
      })
    }
  }

  get output(): string {
    return this.#output
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!this.isRunning) return
    this.#child.kill(signal)
    await this.ended
  }
}
