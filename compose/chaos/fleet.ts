import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { STATUS_PATH } from '../processes/instance-server.ts'
import type { InstanceStatus } from '../processes/instance-status.ts'
import type { CrashPlan } from '../processes/crash-points.ts'
import { BobProcess } from './bob-process.ts'

export interface FleetOptions {
  readonly kafka: readonly string[]
  readonly registry: string
  /** Standbys per task. Default 0. */
  readonly standbys?: number
  /** Holds state and logs of all processes. */
  readonly directory: string
  /** Uses the existing build of the server instead of checking and rebuilding it. */
  readonly asBuilt?: boolean
}

interface Processor {
  process: BobProcess
  url: string
}

const SECRET = 'the secret of a bank under test'
const POLL_MS = 100
const STATUS_MS = 1_000

/** The processes of a bank on Kafka: processors by name, and an API. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #processors = new Map<string, Processor>()
  /** All processes ever started. */
  readonly #started: BobProcess[] = []
  readonly #apis: BobProcess[] = []

  constructor(options: FleetOptions) {
    this.#options = options
  }

  get directory(): string {
    return this.#options.directory
  }

  get names(): readonly string[] {
    return [...this.#processors.keys()]
  }

  get wipes(): number {
    return this.#started.reduce((sum, { wipes }) => sum + wipes, 0)
  }

  get errors(): number {
    return this.#started.reduce((sum, { errors }) => sum + errors, 0)
  }

  process(name: string): BobProcess {
    const processor = this.#processors.get(name)
    if (processor === undefined) throw new RangeError(`There is no processor "${name}". Start it first.`)
    return processor.process
  }

  /** Starts or restarts a processor. Resolves when it answers. */
  async start(name: string, crash?: CrashPlan): Promise<void> {
    const process = await this.#run(
      'processor',
      name,
      ['--instance', name, '--data', this.#options.directory, '--standbys', String(this.#options.standbys ?? 0)],
      {
        ...(crash === undefined ? {} : { BOB_CRASH_AT: `${crash.point}:${crash.passing}` }),
      },
    )
    const processor: Processor = { process, url: '' }
    this.#processors.set(name, processor)
    processor.url = await process.ready
  }

  /** Starts another API process and returns its URL. */
  async startApi(): Promise<string> {
    const api = await this.#run('api', `api-${this.#apis.length + 1}`, ['--port', '0'], {})
    this.#apis.push(api)
    return api.ready
  }

  /** Undefined if the processor does not answer. */
  async status(name: string): Promise<InstanceStatus | undefined> {
    const url = this.#processors.get(name)?.url
    try {
      const answer = await fetch(`${url}${STATUS_PATH}`, {
        headers: { authorization: `Bearer ${SECRET}` },
        signal: AbortSignal.timeout(STATUS_MS),
      })
      return answer.ok ? ((await answer.json()) as InstanceStatus) : undefined
    } catch {
      return undefined
    }
  }

  /** The processor of each running task, according to the processors that answer. */
  async owners(): Promise<ReadonlyMap<string, string>> {
    const owners = new Map<string, string>()
    for (const name of this.names)
      for (const task of (await this.status(name))?.tasks ?? []) if (task.state === 'running') owners.set(task.name, name)
    return owners
  }

  /** Resolves when exactly `tasks` tasks run, none has lag, and every standby has caught up since then. Rejects after the timeout. */
  async idle(tasks: number, timeoutMs: number): Promise<void> {
    const giveUpAt = performance.now() + timeoutMs
    for (let since: number | undefined; ;) {
      const all = (await Promise.all(this.names.map((name) => this.status(name)))).flatMap((status) => status?.tasks ?? [])
      const active = all.filter(({ state }) => state !== 'standby')
      const running = active.filter(({ state, lag }) => state === 'running' && lag === 0)
      const now = performance.now()
      since = running.length === tasks && active.length === tasks ? (since ?? now) : undefined
      const idleMs = now - (since ?? now)
      const isCaughtUp = all.every(({ state, ageMs }) => state !== 'standby' || (ageMs ?? Infinity) < idleMs)
      if (since !== undefined && isCaughtUp) return
      if (now > giveUpAt) {
        throw new Error(
          `The tasks are not idle after ${timeoutMs} ms: ${running.length} of ${tasks} run without lag. See the logs in ${this.directory}.`,
        )
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  /** Removes a stopped processor for good. */
  forget(name: string): void {
    this.#processors.delete(name)
  }

  /** Stops all processes gracefully. */
  async stop(): Promise<void> {
    await Promise.all(this.#apis.map((api) => api.stop()))
    await Promise.all([...this.#processors.values()].map(({ process }) => process.stop()))
  }

  async kill(): Promise<void> {
    await Promise.all(this.#started.filter(({ isRunning }) => isRunning).map((process) => process.kill()))
  }

  async #run(kind: 'processor' | 'api', name: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
    const { kafka, registry, directory, asBuilt } = this.#options
    await mkdir(directory, { recursive: true })
    const process = new BobProcess({
      kind,
      args: ['--kafka', kafka.join(','), '--registry', registry, ...args],
      environment: { BOB_SECRET: SECRET, ...(asBuilt ? { BOB_AS_BUILT: '1' } : {}), ...environment },
      logFile: join(directory, `${name}.log`),
    })
    this.#started.push(process)
    return process
  }
}
