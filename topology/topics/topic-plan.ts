import type { TopicDescription, TopicSpec } from '../broker/index.ts'

export interface TopicPlanOptions {
  /** All topics that have to be there. */
  readonly wanted: readonly TopicSpec[]
  /** All topics that are there. */
  readonly existing: readonly TopicDescription[]
  readonly brokers: number
  /** What does not begin with it is nobody's business here. */
  readonly prefix: string
  /** Topics within the prefix that nobody wants go. */
  readonly prune: boolean
  /** Topics that lack partitions get them, where their records have no keys. */
  readonly addPartitions: boolean
  /** Topics whose records have no keys. Default: none. */
  readonly keyless?: readonly string[]
}

export type TopicAction =
  | { readonly kind: 'create'; readonly topic: TopicSpec & { readonly replicationFactor: number } }
  | { readonly kind: 'configure'; readonly name: string; readonly settings: readonly Setting[] }
  | { readonly kind: 'addPartitions'; readonly name: string; readonly from: number; readonly to: number }
  | { readonly kind: 'delete'; readonly name: string }

export interface Setting {
  readonly key: string
  /** Undefined: the broker's default. */
  readonly is: string | undefined
  readonly wanted: string
}

export interface TopicPlan {
  readonly actions: readonly TopicAction[]
  /** What is as it should be, though not as somebody may think. */
  readonly warnings: readonly string[]
  /** What is not as it should be and is not put right by the actions. */
  readonly problems: readonly string[]
}

/** What has to be done so that the cluster's topics are as declared. Does nothing itself. */
export function planTopics(options: TopicPlanOptions): TopicPlan {
  const { wanted, existing, brokers, prefix, prune } = options
  const there = new Map(existing.map((topic) => [topic.name, topic]))
  const names = new Set(wanted.map(({ name }) => name))
  const actions: TopicAction[] = []
  const warnings: string[] = []
  const problems: string[] = []
  const capped = wanted.filter(({ replicationFactor = 1 }) => replicationFactor > brokers)
  if (capped.length > 0)
    warnings.push(
      `${counted(capped.length, 'topic')} should have more replicas than there are brokers, and get one on each of the ${brokers}.`,
    )
  for (const spec of wanted) {
    const topic = withinCluster(spec, brokers)
    const found = there.get(topic.name)
    if (found === undefined) {
      actions.push({ kind: 'create', topic })
      continue
    }
    const settings = differences(topic, found)
    if (settings.length > 0) actions.push({ kind: 'configure', name: topic.name, settings })
    if (found.replicationFactor !== topic.replicationFactor)
      problems.push(
        `${topic.name} has ${counted(found.replicationFactor, 'replica')} instead of ${topic.replicationFactor}: move its partitions with kafka-reassign-partitions.`,
      )
    if (found.partitions !== topic.partitions) comparePartitions(topic, found, options, actions, problems)
  }
  const foreign = existing.map(({ name }) => name).filter((name) => name.startsWith(prefix) && !names.has(name))
  if (prune) actions.push(...foreign.map((name) => ({ kind: 'delete' as const, name })))
  else if (foreign.length > 0) problems.push(`Nobody declares ${foreign.join(', ')}: --prune deletes what is not declared.`)
  return { actions, warnings, problems }
}

/** No more replicas than brokers, and of three one may be missing. */
function withinCluster(spec: TopicSpec, brokers: number): TopicSpec & { readonly replicationFactor: number } {
  const replicationFactor = Math.min(spec.replicationFactor ?? 1, brokers)
  const config = replicationFactor < 3 ? spec.config : { 'min.insync.replicas': String(replicationFactor - 1), ...spec.config }
  return { ...spec, replicationFactor, ...(config === undefined ? {} : { config }) }
}

/** Kafka's own, which hold where nothing is declared: anything else would take records away. */
const DEFAULTS: Readonly<Record<string, string>> = { 'cleanup.policy': 'delete', 'retention.bytes': '-1' }

function differences(wanted: TopicSpec, { config }: TopicDescription): readonly Setting[] {
  return Object.entries({ ...DEFAULTS, ...wanted.config })
    .filter(([key, value]) => (config[key] ?? DEFAULTS[key]) !== value)
    .map(([key, value]) => ({ key, is: config[key], wanted: value }))
}

function comparePartitions(
  { name, partitions }: TopicSpec,
  found: TopicDescription,
  { addPartitions, keyless = [] }: TopicPlanOptions,
  actions: TopicAction[],
  problems: string[],
): void {
  const is = `${name} has ${counted(found.partitions, 'partition')} instead of ${partitions}`
  if (found.partitions > partitions) problems.push(`${is}, and Kafka takes none away: declare ${found.partitions}, or make the topic anew.`)
  else if (!keyless.includes(name))
    problems.push(
      `${is}, and its records have keys: more partitions would send a key’s next records elsewhere than those before, away from its state. ` +
        'Copy it into a new topic instead.',
    )
  else if (addPartitions) actions.push({ kind: 'addPartitions', name, from: found.partitions, to: partitions })
  else problems.push(`${is}: --add-partitions gives it the others.`)
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
