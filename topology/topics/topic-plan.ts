import type { TopicDescription, TopicSpec } from '../broker/index.ts'

export interface TopicPlanOptions {
  /** All declared topics. */
  readonly declared: readonly TopicSpec[]
  /** All topics of the cluster. */
  readonly existing: readonly TopicDescription[]
  readonly brokers: number
  /** Topics whose names do not start with it are ignored unless they are declared. */
  readonly prefix: string
  /** Deletes topics with the prefix that are not declared. */
  readonly prune: boolean
  /** Adds missing partitions to topics whose records have no keys. */
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
  /** undefined: the broker's default. */
  readonly actual: string | undefined
  readonly declared: string
}

export interface TopicPlan {
  readonly actions: readonly TopicAction[]
  /** Deviations from the declaration that are accepted. */
  readonly warnings: readonly string[]
  /** Deviations that the actions do not correct. */
  readonly problems: readonly string[]
}

/** Plans how to make the cluster's topics match the declared ones. Changes nothing itself. */
export function planTopics(options: TopicPlanOptions): TopicPlan {
  const { declared, existing, brokers, prefix, prune } = options
  const existingByName = new Map(existing.map((topic) => [topic.name, topic]))
  const names = new Set(declared.map(({ name }) => name))
  const actions: TopicAction[] = []
  const warnings: string[] = []
  const problems: string[] = []
  const capped = declared.filter(({ replicationFactor = 1 }) => replicationFactor > brokers)
  if (capped.length > 0)
    warnings.push(`${counted(capped.length, 'topic')} declared with more replicas than brokers: limited to ${counted(brokers, 'replica')}.`)
  for (const spec of declared) {
    const topic = withinCluster(spec, brokers)
    const found = existingByName.get(topic.name)
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
  const undeclared = existing.map(({ name }) => name).filter((name) => name.startsWith(prefix) && !names.has(name))
  if (prune) actions.push(...undeclared.map((name) => ({ kind: 'delete' as const, name })))
  else if (undeclared.length > 0) problems.push(`Not declared: ${undeclared.join(', ')}. --prune deletes undeclared topics.`)
  return { actions, warnings, problems }
}

/** Limits replicas to the number of brokers, and lets writes continue when one of three replicas is out of sync. */
function withinCluster(spec: TopicSpec, brokers: number): TopicSpec & { readonly replicationFactor: number } {
  const replicationFactor = Math.min(spec.replicationFactor ?? 1, brokers)
  const config = replicationFactor < 3 ? spec.config : { 'min.insync.replicas': String(replicationFactor - 1), ...spec.config }
  return { ...spec, replicationFactor, ...(config === undefined ? {} : { config }) }
}

/** Kafka's defaults, enforced if nothing is declared, because any other value could delete records. */
const DEFAULTS: Readonly<Record<string, string>> = { 'cleanup.policy': 'delete', 'retention.bytes': '-1' }

function differences(declared: TopicSpec, { config }: TopicDescription): readonly Setting[] {
  return Object.entries({ ...DEFAULTS, ...declared.config })
    .filter(([key, value]) => (config[key] ?? DEFAULTS[key]) !== value)
    .map(([key, value]) => ({ key, actual: config[key], declared: value }))
}

function comparePartitions(
  { name, partitions }: TopicSpec,
  found: TopicDescription,
  { addPartitions, keyless = [] }: TopicPlanOptions,
  actions: TopicAction[],
  problems: string[],
): void {
  const difference = `${name} has ${counted(found.partitions, 'partition')} instead of ${partitions}`
  if (found.partitions > partitions)
    problems.push(`${difference}, and Kafka cannot remove partitions: declare ${found.partitions}, or recreate the topic.`)
  else if (!keyless.includes(name))
    problems.push(
      `${difference}, and its records have keys: with more partitions a key’s next records would go to another partition than its ` +
        'earlier ones and its state. Copy it into a new topic instead.',
    )
  else if (addPartitions) actions.push({ kind: 'addPartitions', name, from: found.partitions, to: partitions })
  else problems.push(`${difference}: --add-partitions adds the others.`)
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
