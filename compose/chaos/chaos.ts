import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bankSubjects } from '../../processors/index.ts'
import { ConfluentRegistry } from '../../schemas/index.ts'
import { KafkajsBroker, systemPorts } from '../../topology/index.ts'
import { LocalKafka } from '../kafka/local-kafka.ts'
import { LocalRegistry } from '../kafka/local-registry.ts'
import { fetchPackages } from '../kafka/packages.ts'
import { CRASH_POINTS, type CrashPlan } from '../processes/crash-points.ts'
import { Synchroniser } from '../topics/synchroniser.ts'
import { Clients } from './clients.ts'
import { Dice } from './dice.ts'
import { DroppingProxy } from './dropping-proxy.ts'
import { Fleet } from './fleet.ts'
import type { Verdict } from './verifier/judge.ts'
import { verify } from './verifier/verify.ts'

export interface ChaosOptions {
  /** Mishaps that have to count. */
  readonly kills: number
  readonly minutes: number
  readonly brokers: 1 | 3
  readonly seed: number
  /** Of each task. */
  readonly standbys: number
  /** Where Kafka's packages are kept between runs. */
  readonly packages: string
  onLine(text: string): void
}

export interface ChaosResult extends Omit<Verdict, 'hangingTransactions'> {
  readonly seed: number
  /** Processors ended by kill -9, by us or by themselves, while they worked; progress followed. */
  readonly kills: number
  /** Processors that slept through their session. */
  readonly zombies: number
  readonly gracefulStops: number
  readonly brokerKills: number
  /** Answers of Kafka that never arrived. */
  readonly droppedAnswers: number
  readonly ordered: number
  readonly acknowledged: number
  /** Errors in the processors' logs. */
  readonly stateErrors: number
  readonly wipes: number
  /** Records that the tasks of a restarted processor read from their changelogs, at most. */
  readonly restoredRecordsMax: number
  /** The longest that a client waited from one answer to the next, by what had happened. */
  readonly outageMsMax: number
  readonly outageMs: Readonly<Record<string, number>>
  readonly hangingTransactions: number
}

const PROCESSORS = ['processor-1', 'processor-2', 'processor-3'] as const
const PARTITIONS = 4
const SUBTOPOLOGIES = 6
const CLIENTS = 6
const SETTLE_MS = 90_000
const PROGRESS_MS = 60_000
/** Acknowledged before and after a mishap, so that it meets work and work goes on. */
const PROGRESS = 5
const POLL_MS = 50
const SESSION_MS = 6_000
const BROKER_DOWN_MS = 1_500
/** Passings of a crash point: some come many times a second, others once a life. */
const MOST_PASSINGS = 40

type Mishap = 'kill' | 'kill-and-stay-away' | 'pause' | 'stop' | 'drop-answers' | 'broker-kill'

/** Of every twenty mishaps, so many. The rest of the kills come from the crash points that restarted processors are given. */
const MISHAPS: readonly [Mishap, ...Mishap[]] = [
  'kill',
  ...Array.from({ length: 11 }, (): Mishap => 'kill'),
  'kill-and-stay-away',
  'pause',
  'stop',
  'stop',
  'drop-answers',
  'drop-answers',
  'drop-answers',
  'broker-kill',
]

/** A bank on a Kafka of its own, whose processes and lines are broken again and again under load; then somebody else looks at what is left. */
export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const directory = await mkdtemp(join(tmpdir(), 'bob-chaos-'))
  const ends: (() => Promise<unknown>)[] = []
  try {
    const packages = await fetchPackages(options.packages)
    const proxies = await Promise.all(Array.from({ length: options.brokers }, () => DroppingProxy.listen()))
    ends.push(() => Promise.all(proxies.map((proxy) => proxy.close())))
    const kafka = await LocalKafka.start({
      classPath: packages.kafka,
      directory: join(directory, 'kafka'),
      brokers: options.brokers,
      proxies: proxies.map(({ port }) => port),
    })
    ends.push(() => kafka.stop())
    for (const [at, broker] of kafka.brokers.entries()) {
      const proxy = proxies[at]
      if (proxy !== undefined) proxy.target = broker.proxiedPort ?? 0
    }
    await mkdir(join(directory, 'registry'))
    const registry = await LocalRegistry.start({ jar: packages.registry, directory: join(directory, 'registry') })
    ends.push(() => registry.stop())
    await makeTopics(kafka.addresses, registry.url)
    const fleet = new Fleet({
      kafka: proxies.map(({ port }) => `127.0.0.1:${port}`),
      registry: registry.url,
      directory: join(directory, 'bob'),
      standbys: options.standbys,
    })
    ends.push(() => fleet.kill())
    const result = await new Run(options, { kafka, registry, proxies, fleet }).go()
    if (result.faults.length === 0) ends.unshift(() => rm(directory, { recursive: true, force: true }))
    else options.onLine(`What is left of it lies in ${directory}.`)
    return result
  } catch (error) {
    options.onLine(`The logs of all processes are in ${directory}.`)
    throw error
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

async function makeTopics(kafka: readonly string[], registry: string): Promise<void> {
  const broker = await KafkajsBroker.open({ addresses: kafka, ports: systemPorts() })
  try {
    const synchroniser = new Synchroniser({
      broker,
      registry: new ConfluentRegistry({ url: registry }),
      subjectsOf: bankSubjects('record'),
      partitions: PARTITIONS,
      replication: 3,
      prune: false,
      addPartitions: false,
    })
    const left = await synchroniser.apply(await synchroniser.plan())
    if (!left.matches) throw new Error(`The topics are not as declared: ${JSON.stringify(left)}`)
  } finally {
    await broker.close()
  }
}

interface Stage {
  readonly kafka: LocalKafka
  readonly registry: LocalRegistry
  readonly proxies: readonly DroppingProxy[]
  readonly fleet: Fleet
}

/** One run: what happened in it is counted here. */
class Run {
  readonly #options: ChaosOptions
  readonly #stage: Stage
  readonly #dice: Dice
  readonly #outageMs: Record<string, number> = {}
  readonly #counts = { kills: 0, zombies: 0, gracefulStops: 0, brokerKills: 0 }
  #restoredMax = 0
  #clients: Clients | undefined

  constructor(options: ChaosOptions, stage: Stage) {
    this.#options = options
    this.#stage = stage
    this.#dice = new Dice(options.seed)
  }

  async go(): Promise<ChaosResult> {
    const { kills, minutes, onLine } = this.#options
    const { fleet } = this.#stage
    await Promise.all(PROCESSORS.map((name) => fleet.start(name)))
    await fleet.settled(PARTITIONS * SUBTOPOLOGIES, SETTLE_MS)
    const clients = (this.#clients = await Clients.open(await fleet.startApi(), CLIENTS))
    clients.start()
    onLine(`Three processors and an API run; ${kills} kills in ${minutes} minutes, seed ${this.#options.seed}.`)
    const giveUpAt = performance.now() + minutes * 60_000
    const paceMs = (minutes * 60_000) / Math.max(1, kills)
    while (this.#counts.kills < kills && performance.now() < giveUpAt) {
      const begun = performance.now()
      await this.#reviveTheDead()
      await this.#mishap(this.#dice.of(MISHAPS))
      await sleep(Math.max(0, Math.min(paceMs - (performance.now() - begun), giveUpAt - performance.now())))
    }
    return this.#end(clients)
  }

  /** Everybody comes to rest, and goes; then the verifier looks. */
  async #end(clients: Clients): Promise<ChaosResult> {
    const { fleet, kafka, registry, proxies } = this.#stage
    await this.#reviveTheDead()
    for (const name of fleet.names) if (!fleet.process(name).isRunning) await fleet.start(name)
    await clients.stop()
    this.#options.onLine('All orders are answered; waiting until nothing is under way.')
    await fleet.settled(PARTITIONS * SUBTOPOLOGIES, SETTLE_MS)
    await fleet.stop()
    const { orders } = clients
    const verdict = await verify({ kafka: kafka.addresses[0] ?? '', registry: registry.url, transfers: orders })
    return {
      seed: this.#options.seed,
      ...this.#counts,
      droppedAnswers: proxies.reduce((sum, { dropped }) => sum + dropped, 0),
      ordered: orders.length,
      acknowledged: clients.acknowledged,
      ...verdict,
      stateErrors: fleet.errors,
      wipes: fleet.wipes,
      restoredRecordsMax: this.#restoredMax,
      outageMsMax: Math.max(0, ...Object.values(this.#outageMs)),
      outageMs: this.#outageMs,
    }
  }

  async #mishap(mishap: Mishap): Promise<void> {
    const { fleet, kafka, proxies } = this.#stage
    const name = this.#dice.of(PROCESSORS)
    await this.#progress(`before ${mishap}`)
    this.#clients?.takeOutageMs()
    switch (mishap) {
      case 'kill':
        if (!(await this.#isWorking(name))) return
        await fleet.process(name).kill()
        await this.#restart(name)
        this.#counts.kills++
        break
      case 'kill-and-stay-away':
        if (!(await this.#isWorking(name))) return
        await fleet.process(name).kill()
        await sleep(SESSION_MS + 3_000)
        await this.#restart(name)
        this.#counts.kills++
        break
      case 'pause':
        fleet.process(name).pause()
        await sleep(SESSION_MS + 2_000)
        fleet.process(name).resume()
        this.#counts.zombies++
        break
      case 'stop':
        await fleet.process(name).stop()
        await this.#restart(name)
        this.#counts.gracefulStops++
        break
      case 'drop-answers':
        for (const proxy of proxies) proxy.drop(1 + this.#dice.below(3))
        break
      case 'broker-kill': {
        const broker = kafka.brokers[this.#dice.below(kafka.brokers.length)]
        await broker?.kill()
        await sleep(BROKER_DOWN_MS)
        await broker?.start()
        this.#counts.brokerKills++
        break
      }
      default:
        mishap satisfies never
    }
    await this.#progress(`after ${mishap}`)
    this.#tell(mishap, name)
  }

  /** Who has ended itself at a crash point comes back, and counts. */
  async #reviveTheDead(): Promise<void> {
    const { fleet } = this.#stage
    for (const name of fleet.names) {
      const process = fleet.process(name)
      if (process.isRunning) continue
      const { signal, code } = await process.ended
      if (signal !== 'SIGKILL') throw new Error(`${name} ended with ${signal ?? code}: see its log.`)
      await this.#restart(name)
      await this.#progress('after a crash point')
      this.#counts.kills++
      this.#tell('crash-point', name)
    }
  }

  async #restart(name: string): Promise<void> {
    const { fleet } = this.#stage
    const point = this.#dice.of([undefined, ...CRASH_POINTS])
    const crash: CrashPlan | undefined = point && { point, passing: 1 + this.#dice.below(MOST_PASSINGS) }
    try {
      await fleet.start(name, crash)
    } catch (error) {
      if (crash === undefined || (await fleet.process(name).ended).signal !== 'SIGKILL') throw error
      await fleet.start(name)
    }
  }

  async #isWorking(name: string): Promise<boolean> {
    const { fleet } = this.#stage
    const commits = async (): Promise<number> => (await fleet.status(name))?.tasks.reduce((sum, task) => sum + task.commits, 0) ?? 0
    const before = await commits()
    await sleep(POLL_MS)
    return fleet.process(name).isRunning && (await commits()) > before
  }

  /** Rejects when too little was acknowledged in time. Meanwhile the restored records are looked at. */
  async #progress(when: string): Promise<void> {
    const { fleet } = this.#stage
    const clients = this.#clients
    if (clients === undefined) return
    const wanted = clients.acknowledged + PROGRESS
    const giveUpAt = performance.now() + PROGRESS_MS
    while (clients.acknowledged < wanted) {
      if (performance.now() > giveUpAt) throw new Error(`Nothing moves ${when}.`)
      for (const name of fleet.names) {
        if (fleet.process(name).isRunning) continue
        const { signal, code } = await fleet.process(name).ended
        if (signal !== 'SIGKILL') throw new Error(`${name} ended with ${signal ?? code}: see its log.`)
        await fleet.start(name)
        this.#counts.kills++
      }
      await sleep(POLL_MS)
    }
    for (const name of fleet.names) {
      const restored = (await fleet.status(name))?.tasks.map((task) => task.restored) ?? []
      this.#restoredMax = Math.max(this.#restoredMax, ...restored)
    }
  }

  #tell(mishap: string, name: string): void {
    const outageMs = this.#clients?.takeOutageMs() ?? 0
    this.#outageMs[mishap] = Math.max(this.#outageMs[mishap] ?? 0, outageMs)
    this.#options.onLine(
      `${mishap} ${name}: ${this.#counts.kills} kills so far, longest wait ${outageMs} ms, ${this.#clients?.acknowledged ?? 0} transfers acknowledged`,
    )
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
