import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bankSubjects } from '../../processors/index.ts'
import { ConfluentRegistry } from '../../schemas/index.ts'
import { KafkaBroker, systemPorts } from '../../topology/index.ts'
import { LocalKafka } from '../kafka/local-kafka.ts'
import { LocalRegistry } from '../kafka/local-registry.ts'
import { fetchPackages } from '../kafka/packages.ts'
import { Synchroniser } from '../topics/synchroniser.ts'
import { ChaosRun, type RunReport } from './chaos-run.ts'
import { Clients } from './clients.ts'
import { DroppingProxy } from './dropping-proxy.ts'
import { Fleet } from './fleet.ts'
import type { Verdict } from './verifier/judge.ts'
import { verify } from './verifier/verify.ts'
import { verifyState } from './verifier/verify-state.ts'

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

export interface ChaosResult extends Omit<RunReport, 'disturbances' | 'crashPoints'>, Omit<Verdict, 'hangingTransactions'> {
  readonly seed: number
  /** Points at which a processor has ended itself. */
  readonly crashPoints: number
  /** Answers of Kafka that never arrived. */
  readonly droppedAnswers: number
  readonly ordered: number
  readonly acknowledged: number
  /** Stores that are not what their changelogs say, and tasks with too few copies. */
  readonly stateErrors: number
  readonly comparedStores: number
  /** Errors in the processes' logs. */
  readonly loggedErrors: number
  readonly wipes: number
  /** The longest that an order waited for its answer. */
  readonly outageMsMax: number
  /** The longest that a task with work went without a commit, by what had happened. */
  readonly silenceMs: Readonly<Record<string, number>>
  readonly hangingTransactions: number
}

const PARTITIONS = 4
const SUBTOPOLOGIES = 6
const SETTLE_MS = 120_000

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
      asBuilt: true,
    })
    ends.push(() => fleet.kill())
    const tasks = PARTITIONS * SUBTOPOLOGIES
    const run = new ChaosRun(options, { kafka, proxies, fleet, partitions: PARTITIONS, tasks, standbys: options.standbys })
    await run.start()
    const clients = await Clients.open({ url: await fleet.startApi(), partitions: PARTITIONS })
    clients.start()
    options.onLine(`Three processors and an API run; ${options.kills} kills in ${options.minutes} minutes, seed ${options.seed}.`)
    const report = await run.go(clients)
    await clients.stop()
    options.onLine('All orders are answered; waiting until nothing is under way.')
    await fleet.settled(tasks, SETTLE_MS)
    await fleet.stop()
    const result = await judged(options, report, { clients, fleet, proxies, kafka: kafka.addresses[0] ?? '', registry: registry.url })
    if (isSound(result)) ends.unshift(() => rm(directory, { recursive: true, force: true }))
    else options.onLine(`What is left of it lies in ${directory}.`)
    return result
  } catch (error) {
    options.onLine(`The logs of all processes are in ${directory}.`)
    throw error
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

/** Nothing was lost, doubled or wrong. */
export function isSound({
  lost,
  doubled,
  wipes,
  stateErrors,
  loggedErrors,
  hangingTransactions,
  faults,
  booksBalanced,
}: ChaosResult): boolean {
  return lost + doubled + wipes + stateErrors + loggedErrors + hangingTransactions + faults.length === 0 && booksBalanced
}

async function makeTopics(kafka: readonly string[], registry: string): Promise<void> {
  const broker = await KafkaBroker.open({ addresses: kafka, ports: systemPorts() })
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

interface Remains {
  readonly clients: Clients
  readonly fleet: Fleet
  readonly proxies: readonly DroppingProxy[]
  /** Of a broker. */
  readonly kafka: string
  readonly registry: string
}

/** Everybody has gone; now the verifier looks. */
async function judged(
  { seed, standbys }: ChaosOptions,
  { disturbances, crashPoints, ...report }: RunReport,
  { clients, fleet, proxies, kafka, registry }: Remains,
): Promise<ChaosResult> {
  const { orders, acknowledged } = clients
  const verdict = await verify({ kafka, registry, transfers: orders })
  const state = await verifyState({ kafka, directory: fleet.directory, standbys, disturbances })
  return {
    seed,
    ...report,
    crashPoints: crashPoints.length,
    droppedAnswers: proxies.reduce((sum, { dropped }) => sum + dropped, 0),
    ordered: orders.length,
    acknowledged,
    ...verdict,
    hangingTransactions: verdict.hangingTransactions + state.hangingTransactions,
    stateErrors: state.stateFaults.length,
    comparedStores: state.comparedStores,
    loggedErrors: fleet.errors,
    wipes: fleet.wipes,
    outageMsMax: Math.max(0, ...Object.values(report.outageMs)),
    silenceMs: state.silenceMs,
    faults: [...verdict.faults, ...state.stateFaults],
  }
}
