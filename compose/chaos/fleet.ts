import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { STATUS_PATH } from '../processes/instance-server.ts'
import type { InstanceStatus } from '../processes/instance-status.ts'
import type { CrashPlan } from '../processes/crash-points.ts'
import { BobProcess } from './bob-process.ts'

export interface FleetOptions {
  readonly kafka: readonly string[]
  readonly registry: string
  /** Of each task. Default 0. */
  readonly standbys?: number
  /** State and logs of all processes. */
  readonly directory: string
  /** They were built by whoever starts them, and are not built anew. */
  readonly asBuilt?: boolean
}

interface Place {
  process: BobProcess
  url: string
}

const SECRET = 'the secret of a bank under test'
const POLL_MS = 100
const STATUS_MS = 1_000

/** The processes of a bank on Kafka: processors by name, and an API. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #processors = new Map<string, Place>()
  readonly #past: BobProcess[] = []
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
    return this.#past.reduce((sum, { wipes }) => sum + wipes, 0)
  }

  get errors(): number {
    return this.#past.reduce((sum, { errors }) => sum + errors, 0)
  }

  process(name: string): BobProcess {
    const place = this.#processors.get(name)
    if (place === undefined) throw new RangeError(`There is no processor ${name}.`)
    return place.process
  }

  /** Starts a processor, or starts it again. Resolves when it answers. */
  async start(name: string, crash?: CrashPlan): Promise<void> {
    const process = await this.#run(
      'processor',
      name,
      ['--instance', name, '--data', this.#options.directory, '--standbys', String(this.#options.standbys ?? 0)],
      {
        ...(crash === undefined ? {} : { BOB_CRASH_AT: `${crash.point}:${crash.passing}` }),
      },
    )
    const place: Place = { process, url: '' }
    this.#processors.set(name, place)
    place.url = await process.ready
  }

  /** One more; answers with the address of page and API. */
  async startApi(): Promise<string> {
    const api = await this.#run('api', `api-${this.#apis.length + 1}`, ['--port', '0'], {})
    this.#apis.push(api)
    return api.ready
  }

  /** Undefined: it does not answer. */
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

  /** Which processor runs which task, as far as they say. */
  async holders(): Promise<ReadonlyMap<string, string>> {
    const holders = new Map<string, string>()
    for (const name of this.names)
      for (const task of (await this.status(name))?.tasks ?? []) if (task.state === 'running') holders.set(task.name, name)
    return holders
  }

  /**
   * Resolves when so many tasks run on these processors, none waits for anything, and every standby has copied all that was committed
   * before; rejects when that takes too long.
   */
  async settled(tasks: number, timeoutMs: number): Promise<void> {
    const giveUpAt = performance.now() + timeoutMs
    for (let since: number | undefined; ;) {
      const all = (await Promise.all(this.names.map((name) => this.status(name)))).flatMap((status) => status?.tasks ?? [])
      const active = all.filter(({ state }) => state !== 'standby')
      const running = active.filter(({ state, lag }) => state === 'running' && lag === 0)
      const now = performance.now()
      since = running.length === tasks && active.length === tasks ? (since ?? now) : undefined
      const calmMs = now - (since ?? now)
      const isCopied = all.every(({ state, ageMs }) => state !== 'standby' || (ageMs ?? Infinity) < calmMs)
      if (since !== undefined && isCopied) return
      if (now > giveUpAt) throw new Error(`After ${timeoutMs} ms ${running.length} of ${tasks} tasks run and have nothing waiting.`)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  /** It has stopped and is not to come back. */
  forget(name: string): void {
    this.#processors.delete(name)
  }

  /** In order. */
  async stop(): Promise<void> {
    await Promise.all(this.#apis.map((api) => api.stop()))
    await Promise.all([...this.#processors.values()].map(({ process }) => process.stop()))
  }

  async kill(): Promise<void> {
    await Promise.all(this.#past.filter(({ isRunning }) => isRunning).map((process) => process.kill()))
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
    this.#past.push(process)
    return process
  }
}
