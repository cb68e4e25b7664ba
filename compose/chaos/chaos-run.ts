import type { LocalKafka } from '../kafka/local-kafka.ts'
import type { CrashPlan, CrashPoint } from '../processes/crash-points.ts'
import type { Clients } from './clients.ts'
import { CrashDeck } from './crash-deck.ts'
import { Dice } from './dice.ts'
import type { DroppingProxy } from './dropping-proxy.ts'
import type { Fleet } from './fleet.ts'
import { MISHAPS, type Mishap } from './mishaps.ts'
import type { Disturbance } from './verifier/silences.ts'

export interface Stage {
  readonly kafka: LocalKafka
  readonly proxies: readonly DroppingProxy[]
  readonly fleet: Fleet
  readonly partitions: number
  readonly tasks: number
  readonly standbys: number
}

export interface RunOptions {
  /** Kills that have to count. */
  readonly kills: number
  readonly minutes: number
  readonly seed: number
  onLine(text: string): void
}

/** What happened, as far as the one who did it knows. */
export interface RunReport {
  readonly kills: number
  readonly zombies: number
  readonly gracefulStops: number
  readonly brokerKills: number
  readonly addedInstances: number
  readonly crashPoints: readonly CrashPoint[]
  readonly restoredRecordsMax: number
  readonly outageMs: Readonly<Record<string, number>>
  readonly disturbances: readonly Disturbance[]
}

const PROCESSORS = ['processor-1', 'processor-2', 'processor-3'] as const
const ADDED = 'processor-4'
const SETTLE_MS = 120_000
const PROGRESS_MS = 120_000
/** Mishaps are spread over so much of the time; the rest is for those that take long. */
const SHARE_OF_TIME = 0.4
/** Acknowledged before and after a mishap, so that it meets work and work goes on. */
const PROGRESS = 5
const POLL_MS = 50
const SESSION_MS = 6_000
const BROKER_DOWN_MS = 1_500
const CALM_MS = 1_000
/** Who has committed since then is at work. */
const LATELY_MS = 1_000
/** How long a planned end is waited for. */
const CRASH_MS = 15_000

/** Breaks the processes and lines of a bank under load, one mishap after the other, and sees to it that work goes on after each. */
export class ChaosRun {
  readonly #options: RunOptions
  readonly #stage: Stage
  readonly #dice: Dice
  readonly #counts = { kills: 0, zombies: 0, gracefulStops: 0, brokerKills: 0, addedInstances: 0 }
  readonly #outageMs: Record<string, number> = {}
  readonly #disturbances: Disturbance[] = []
  readonly #reached = new Set<CrashPoint>()
  readonly #deck: CrashDeck
  /** At what the processes that run are to end themselves. */
  readonly #plans = new Map<string, CrashPlan>()
  #restoredMax = 0

  constructor(options: RunOptions, stage: Stage) {
    this.#options = options
    this.#stage = stage
    this.#dice = new Dice(options.seed)
    this.#deck = new CrashDeck(this.#dice)
  }

  /** Processors, each new. */
  async start(): Promise<void> {
    const { fleet, tasks } = this.#stage
    await Promise.all(PROCESSORS.map((name) => fleet.start(name)))
    await fleet.settled(tasks, SETTLE_MS)
  }

  /** Until there were enough kills, or the time is over. Everybody is up again then. Rejects when nothing moves any more. */
  async go(clients: Clients): Promise<RunReport> {
    const { kills, minutes } = this.#options
    const { fleet } = this.#stage
    const giveUpAt = performance.now() + minutes * 60_000
    const paceMs = (SHARE_OF_TIME * minutes * 60_000) / Math.max(1, kills)
    while (this.#counts.kills < kills && performance.now() < giveUpAt) {
      const [begunAt, before] = [performance.now(), this.#counts.kills]
      await this.#reviveTheDead(clients)
      await this.#suffer(clients, this.#dice.of(MISHAPS))
      const due = paceMs * Math.max(1, this.#counts.kills - before)
      await sleep(Math.max(0, Math.min(due - (performance.now() - begunAt), giveUpAt - performance.now())))
    }
    await this.#reviveTheDead(clients)
    for (const name of fleet.names) if (!fleet.process(name).isRunning) await fleet.start(name)
    return {
      ...this.#counts,
      crashPoints: [...this.#reached].toSorted(),
      restoredRecordsMax: this.#restoredMax,
      outageMs: this.#outageMs,
      disturbances: this.#disturbances,
    }
  }

  async #suffer(clients: Clients, mishap: Mishap): Promise<void> {
    const name = this.#dice.of(PROCESSORS)
    await this.#progress(clients, `before ${mishap}`)
    clients.takeOutageMs()
    const from = Date.now()
    const closer = await this.#mishap(mishap, name)
    if (closer === undefined) return
    await this.#progress(clients, `after ${mishap}`)
    this.#note(clients, { kind: mishap, ...closer, from, to: Date.now() }, name)
    if (mishap === 'add-instance') await this.#dismissAdded()
  }

  /** Answers with a closer name for it, and with the tasks to look at, if there are such; undefined: it was not worth anything, and does not count. */
  async #mishap(mishap: Mishap, name: string): Promise<Partial<Pick<Disturbance, 'kind' | 'tasks'>> | undefined> {
    const { fleet, kafka, proxies } = this.#stage
    switch (mishap) {
      case 'kill':
        if (!(await this.#isWorking(name))) return undefined
        await this.#kill(name)
        await fleet.start(name)
        await this.#allRun()
        this.#counts.kills++
        return {}
      case 'kill-and-stay-away':
        if (!(await this.#isWorking(name))) return undefined
        await this.#kill(name)
        await this.#allRun()
        this.#counts.kills++
        await fleet.start(name)
        return {}
      case 'crash-point':
        if (!(await this.#isWorking(name))) return undefined
        await this.#kill(name)
        this.#counts.kills++
        return { kind: crashKind(await this.#crash(name)) }
      case 'pause':
        fleet.process(name).pause()
        await sleep(SESSION_MS + 2_000)
        fleet.process(name).resume()
        await this.#allRun()
        this.#counts.zombies++
        return {}
      case 'stop':
        await this.#stop(name)
        await this.#allRun()
        if (!fleet.process(name).isRunning) await fleet.start(name)
        return {}
      case 'add-instance':
        return { tasks: await this.#addInstance() }
      case 'drop-answers':
        for (const proxy of proxies) proxy.drop(1 + this.#dice.below(3))
        return {}
      case 'broker-kill': {
        const broker = kafka.brokers[this.#dice.below(kafka.brokers.length)]
        await broker?.kill()
        await sleep(BROKER_DOWN_MS)
        await broker?.start()
        await this.#allRun()
        this.#counts.brokerKills++
        return {}
      }
      default:
        return mishap satisfies never
    }
  }

  /** One more comes and takes its share. Answers with the tasks that stayed where they were. */
  async #addInstance(): Promise<readonly string[]> {
    const { fleet, tasks } = this.#stage
    const before = await fleet.holders()
    await fleet.start(ADDED)
    const fair = Math.floor(tasks / (PROCESSORS.length + 1))
    await this.#until('the added instance has its share', async () => {
      const holders = await fleet.holders()
      return holders.size === tasks && [...holders.values()].filter((name) => name === ADDED).length === fair
    })
    const after = await fleet.holders()
    this.#counts.addedInstances++
    return [...before].filter(([task, name]) => after.get(task) === name).map(([task]) => task)
  }

  /** The one that was added leaves again, when what its coming did can be told from what its leaving does. */
  async #dismissAdded(): Promise<void> {
    const { fleet } = this.#stage
    await sleep(CALM_MS)
    await this.#stop(ADDED)
    fleet.forget(ADDED)
    await this.#allRun()
  }

  /** Starts it with a point at which it ends itself, waits for that, and starts it again. Answers with the point. */
  async #crash(name: string): Promise<CrashPoint> {
    const { fleet } = this.#stage
    const plan = this.#deck.next()
    this.#plans.set(name, plan)
    try {
      await fleet.start(name, plan)
    } catch (error) {
      if ((await fleet.process(name).ended).signal !== 'SIGKILL') throw error
    }
    const other = PROCESSORS[(PROCESSORS.indexOf(name as (typeof PROCESSORS)[number]) + 1) % PROCESSORS.length]
    const isPromotion = plan.point === 'in-promotion' && other !== undefined
    if (isPromotion) await this.#promote(name, other)
    const giveUpAt = performance.now() + CRASH_MS
    while (fleet.process(name).isRunning && performance.now() < giveUpAt) await sleep(POLL_MS)
    if (!fleet.process(name).isRunning) await this.#revive(name)
    if (isPromotion && !fleet.process(other).isRunning) await fleet.start(other)
    await this.#allRun()
    return plan.point
  }

  /** Another one leaves, whose tasks this one has copies of. */
  async #promote(name: string, other: string): Promise<void> {
    const { fleet, standbys } = this.#stage
    if (standbys === 0) return
    await this.#until('it has copies', async () => {
      const copies = (await fleet.status(name))?.tasks.filter(({ state }) => state === 'standby') ?? []
      return copies.length > 0 && copies.every(({ ageMs }) => ageMs !== undefined)
    })
    await this.#stop(other)
  }

  /** What it was to end itself at dies with it. */
  async #kill(name: string): Promise<void> {
    this.#plans.delete(name)
    await this.#stage.fleet.process(name).kill()
  }

  /** In order, unless it ends itself on the way. */
  async #stop(name: string): Promise<void> {
    const { code, signal } = await this.#stage.fleet.process(name).stop()
    if (signal === 'SIGKILL' && this.#plans.has(name)) return
    if (code !== 0) throw new Error(`${name} did not stop in order, but with ${signal ?? code}: see its log.`)
    this.#plans.delete(name)
    this.#counts.gracefulStops++
  }

  /** Whoever has ended himself at a crash point comes back, and counts. */
  async #reviveTheDead(clients: Clients): Promise<void> {
    const { fleet } = this.#stage
    for (const name of fleet.names) {
      if (fleet.process(name).isRunning) continue
      const { at } = await fleet.process(name).ended
      const point = await this.#revive(name)
      await this.#allRun()
      await this.#progress(clients, 'after a late crash point')
      this.#note(clients, { kind: `late ${crashKind(point)}`, from: at, to: Date.now() }, name)
    }
  }

  /** Answers with the point at which it ended itself. */
  async #revive(name: string): Promise<CrashPoint> {
    const { fleet } = this.#stage
    const { signal, code } = await fleet.process(name).ended
    const plan = this.#plans.get(name)
    if (signal !== 'SIGKILL' || plan === undefined) throw new Error(`${name} ended with ${signal ?? code}: see its log.`)
    this.#reached.add(plan.point)
    this.#plans.delete(name)
    await fleet.start(name)
    this.#counts.kills++
    return plan.point
  }

  /** Resolves as soon as it commits; false if it does not for a second. */
  async #isWorking(name: string): Promise<boolean> {
    const { fleet } = this.#stage
    const commits = async (): Promise<number> => (await fleet.status(name))?.tasks.reduce((sum, task) => sum + task.commits, 0) ?? 0
    const [before, giveUpAt] = [await commits(), performance.now() + LATELY_MS]
    while (fleet.process(name).isRunning && performance.now() < giveUpAt) {
      if ((await commits()) > before) return true
      await sleep(POLL_MS)
    }
    return false
  }

  /** Resolves when every task runs somewhere. */
  #allRun(): Promise<void> {
    return this.#until('all tasks run', async () => (await this.#stage.fleet.holders()).size === this.#stage.tasks)
  }

  /** Rejects when too little was acknowledged in time. Then the restored records are looked at. */
  async #progress(clients: Clients, when: string): Promise<void> {
    const { fleet } = this.#stage
    const wanted = clients.acknowledged + PROGRESS
    await this.#until(`something moves ${when}`, async () => clients.acknowledged >= wanted)
    for (const name of fleet.names) {
      const restored = (await fleet.status(name))?.tasks.filter(({ state }) => state !== 'standby').map((task) => task.restored) ?? []
      this.#restoredMax = Math.max(this.#restoredMax, ...restored)
    }
  }

  /** Meanwhile somebody may end himself at a point planned for him earlier. */
  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const { fleet } = this.#stage
    const giveUpAt = performance.now() + PROGRESS_MS
    while (!(await isSo())) {
      if (performance.now() > giveUpAt)
        throw new Error(`In ${PROGRESS_MS} ms it did not come about that ${what}: ${await this.#situation()}`)
      for (const name of this.#plans.keys()) if (!fleet.process(name).isRunning) await this.#revive(name)
      await sleep(POLL_MS)
    }
  }

  async #situation(): Promise<string> {
    const { fleet } = this.#stage
    const all = await Promise.all(fleet.names.map(async (name) => [name, await fleet.status(name)] as const))
    return JSON.stringify(
      all.map(([name, status]) => [name, status?.state, ...(status?.tasks.map((task) => `${task.name} ${task.state} ${task.lag}`) ?? [])]),
    )
  }

  #note(clients: Clients, disturbance: Disturbance, name: string): void {
    const { kind, from, to } = disturbance
    const outageMs = clients.takeOutageMs()
    this.#disturbances.push(disturbance)
    this.#outageMs[kind] = Math.max(this.#outageMs[kind] ?? 0, outageMs)
    this.#options.onLine(
      `${kind} ${name}: ${to - from} ms, longest wait ${outageMs} ms; ${this.#counts.kills} kills, ${clients.acknowledged} transfers so far`,
    )
  }
}

function crashKind(point: CrashPoint): string {
  return `crash-point ${point}`
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
