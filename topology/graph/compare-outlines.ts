import { isSameLayout, layoutText } from '../../state/index.ts'
import type { NamedLayout, StoreOutline, SubtopologyOutline, TopologyOutline } from './outline.ts'

/** One line per difference, such as `store counts: key-value (…) here, window (…) there`. */
export interface OutlineDifferences {
  /** With these, two instances must not divide one application's tasks. */
  readonly incompatible: readonly string[]
  /** With these they may, as during a rolling upgrade. */
  readonly compatible: readonly string[]
}

/**
 * Compares the topologies of two instances. They can run in one group if a task means the same to both: the same sub-topologies by id, source topics,
 * stores and repartition topics, with the same layouts. Sinks and operators without a store may differ (DECISIONS 111).
 */
export function compareOutlines(here: TopologyOutline, there: TopologyOutline): OutlineDifferences {
  const incompatible = [
    ...pairs(here.subtopologies, there.subtopologies, ({ id }) => id).flatMap(([one, other]) => subtopologyDifferences(one, other)),
    ...pairs(here.repartitions, there.repartitions, ({ name }) => name).flatMap(([one, other]) =>
      layoutDifferences(`repartition topic ${(one ?? other)?.name}`, one, other),
    ),
  ]
  const compatible = pairs(here.subtopologies, there.subtopologies, ({ id }) => id).flatMap(([one, other]) =>
    one === undefined || other === undefined || isSameList(one.sinks, other.sinks)
      ? []
      : [`sub-topology ${one.id} writes to ${listed(one.sinks)} here, ${listed(other.sinks)} there`],
  )
  return { incompatible, compatible }
}

function subtopologyDifferences(here: SubtopologyOutline | undefined, there: SubtopologyOutline | undefined): readonly string[] {
  if (here === undefined || there === undefined) return onlyOn(`sub-topology ${(here ?? there)?.id}`, here)
  const sources = isSameList(here.sources, there.sources)
    ? []
    : [`sub-topology ${here.id} reads ${listed(here.sources)} here, ${listed(there.sources)} there`]
  const stores = pairs(here.stores, there.stores, ({ name }) => name).flatMap(([one, other]) => storeDifferences(here.id, one, other))
  return [...sources, ...stores]
}

function storeDifferences(id: number, here: StoreOutline | undefined, there: StoreOutline | undefined): readonly string[] {
  const name = (here ?? there)?.name
  const layouts = layoutDifferences(
    here === undefined || there === undefined ? `store ${name} of sub-topology ${id}` : `store ${name}`,
    here,
    there,
  )
  if (here === undefined || there === undefined || here.hasChangelog === there.hasChangelog) return layouts
  const changelog = ({ hasChangelog }: StoreOutline): string => (hasChangelog ? 'with a changelog' : 'without a changelog')
  return [...layouts, `store ${name}: ${changelog(here)} here, ${changelog(there)} there`]
}

function layoutDifferences(subject: string, here: NamedLayout | undefined, there: NamedLayout | undefined): readonly string[] {
  if (here === undefined || there === undefined) return onlyOn(subject, here)
  return isSameLayout(here, there) ? [] : [`${subject}: ${layoutText(here)} here, ${layoutText(there)} there`]
}

function onlyOn(subject: string, here: unknown): readonly string[] {
  return [`${subject} is only ${here === undefined ? 'there' : 'here'}`]
}

/** The items of both sides that have the same key, and those that only one side has. */
function pairs<T>(
  here: readonly T[],
  there: readonly T[],
  keyOf: (item: T) => unknown,
): readonly (readonly [T | undefined, T | undefined])[] {
  const others = new Map(there.map((item) => [keyOf(item), item]))
  const keys = new Set(here.map(keyOf))
  return [
    ...here.map((item): readonly [T, T | undefined] => [item, others.get(keyOf(item))]),
    ...there.filter((item) => !keys.has(keyOf(item))).map((item): readonly [undefined, T] => [undefined, item]),
  ]
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at])
}

const listed = (items: readonly string[]): string => items.join(', ') || 'nothing'
