import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { runTool, type ToolOutput } from '../../kafka/run-tool.ts'

const START_TIMEOUT_MS = 60_000
const POLL_MS = 250

/** A Docker engine as a child process, with the images, containers and volumes that are in its directory. It uses the network namespace of its parent. */
export class Engine {
  /** For `DOCKER_HOST`. */
  readonly host: string
  readonly #directory: string
  #daemon: ChildProcess | undefined

  constructor(directory: string) {
    this.#directory = directory
    this.host = `unix://${join(directory, 'docker.sock')}`
  }

  /** Resolves when it answers. Containers that are to be restarted have been started then. */
  async start(): Promise<void> {
    const at = (name: string): string => join(this.#directory, 'engine', name)
    const log = openSync(at('run.log'), 'a')
    const args = ['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid'), '--host', this.host]
    const daemon = spawn('dockerd', args, { stdio: ['ignore', log, log] })
    closeSync(log)
    this.#daemon = daemon
    const deadline = performance.now() + START_TIMEOUT_MS
    for (;;) {
      try {
        await this.docker('version')
        return
      } catch (error) {
        if (daemon.exitCode !== null || performance.now() > deadline)
          throw new Error(`The engine did not start; see ${at('run.log')}.`, { cause: error })
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    }
  }

  /** Stops the containers, then the engine. */
  async stop(): Promise<void> {
    const daemon = this.#daemon
    this.#daemon = undefined
    if (daemon === undefined || daemon.exitCode !== null) return
    const ended = once(daemon, 'exit')
    daemon.kill('SIGTERM')
    await ended
  }

  /** What a container has printed on either stream. */
  async logs(container: string): Promise<string> {
    const { stdout, stderr } = await this.#run('logs', container)
    return stdout + stderr
  }

  /** What `docker` prints, without the line break at its end. */
  async docker(...args: readonly string[]): Promise<string> {
    return (await this.#run(...args)).stdout.trim()
  }

  #run(...args: readonly string[]): Promise<ToolOutput> {
    return runTool('docker', args, this.#directory, { DOCKER_HOST: this.host })
  }
}
