import { createHash } from 'node:crypto'
import { storeLayout, type Layout, type Serde } from '../../state/index.ts'
import type { Subtopology, Topology, TopologyNode } from './topology.ts'

/** What the instances of an application must agree on, without the functions: names, kinds and formats, as plain data. */
export interface TopologyOutline {
  /** Equal exactly if everything else in the outline is. */
  readonly digest: string
  readonly subtopologies: readonly SubtopologyOutline[]
  readonly repartitions: readonly NamedLayout[]
}

export interface SubtopologyOutline {
  readonly id: number
  readonly sources: readonly string[]
  readonly stores: readonly StoreOutline[]
  readonly sinks: readonly string[]
}

export interface NamedLayout extends Layout {
  readonly name: string
}

export interface StoreOutline extends NamedLayout {
  readonly hasChangelog: boolean
}

export function outlineOf({ subtopologies, internalTopics }: Omit<Topology, 'describe'>): TopologyOutline {
  const repartitionNames = internalTopics.filter(({ kind }) => kind === 'repartition').map(({ name }) => name)
  const internal = new Set(repartitionNames)
  const nodes = subtopologies.flatMap((subtopology) => subtopology.nodes)
  const content = {
    subtopologies: subtopologies.map((subtopology) => subtopologyOutline(subtopology, internal)),
    repartitions: repartitionNames.toSorted().map((name) => repartitionOutline(name, nodes)),
  }
  return { digest: createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16), ...content }
}

function subtopologyOutline({ id, nodes, stores, sourceTopics }: Subtopology, internal: ReadonlySet<string>): SubtopologyOutline {
  const sinks = nodes.flatMap((node) => (node.kind === 'sink' ? [typeof node.topic === 'string' ? node.topic : 'chosen per record'] : []))
  return {
    id,
    sources: [...new Set(sourceTopics)].toSorted(),
    stores: stores
      .map((spec) => ({ name: spec.name, ...storeLayout(spec), hasChangelog: spec.changelog !== false }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    sinks: [...new Set(sinks)].filter((topic) => !internal.has(topic)).toSorted(),
  }
}

/** The source of a repartition topic says how its records are read. */
function repartitionOutline(name: string, nodes: readonly TopologyNode[]): NamedLayout {
  const source = nodes.find((node) => node.kind === 'source' && node.topics.includes(name))
  return { name, kind: 'repartition', ...(source?.kind === 'source' && formats(source)) }
}

function formats({
  keySerde,
  valueSerde,
}: {
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
}): Omit<Layout, 'kind'> {
  const [key, value] = [keySerde.format, valueSerde.format]
  return { ...(key !== undefined && { key }), ...(value !== undefined && { value }) }
}

/** For outlines that come from elsewhere. */
export function isTopologyOutline(value: unknown): value is TopologyOutline {
  return (
    isObject(value) &&
    typeof value['digest'] === 'string' &&
    isArrayOf(value['repartitions'], isNamedLayout) &&
    isArrayOf(
      value['subtopologies'],
      (item) =>
        isObject(item) &&
        Number.isSafeInteger(item['id']) &&
        isArrayOf(item['sources'], isText) &&
        isArrayOf(item['sinks'], isText) &&
        isArrayOf(item['stores'], (store) => isNamedLayout(store) && isObject(store) && typeof store['hasChangelog'] === 'boolean'),
    )
  )
}

function isNamedLayout(value: unknown): boolean {
  return isObject(value) && isText(value['name']) && isText(value['kind']) && isTextOrAbsent(value['key']) && isTextOrAbsent(value['value'])
}

const isText = (value: unknown): boolean => typeof value === 'string'
const isTextOrAbsent = (value: unknown): boolean => value === undefined || isText(value)
const isArrayOf = (value: unknown, isItem: (item: unknown) => boolean): boolean => Array.isArray(value) && value.every(isItem)

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
