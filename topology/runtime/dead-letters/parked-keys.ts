import { createHash } from 'node:crypto'
import { Serdes, Stores, type KeyValueStore, type StateStore } from '../../../state/index.ts'
import type { Topology } from '../../graph/index.ts'
import type { LetterPlace } from './dead-letters.ts'

/**
 * A key with dead letters, which are numbered from 0. `episode`: origin offset of the first. `next`: number of the oldest that has not been
 * processed or discarded. `end`: number of the next one to come.
 */
export interface ParkedKey {
  readonly episode: number
  readonly next: number
  readonly end: number
}

/** Gives each sub-topology a store of its parked keys, so that they are part of a task's state and of its transactions. */
export function withParkedKeys(topology: Topology): Topology {
  const { subtopologies, internalTopics } = topology
  const storeOf = (id: number) => Stores.keyValue({ name: storeName(id), key: Serdes.bytes, value: Serdes.json<ParkedKey>() })
  return {
    ...topology,
    subtopologies: subtopologies.map((subtopology) => ({ ...subtopology, stores: [...subtopology.stores, storeOf(subtopology.id)] })),
    internalTopics: [
      ...internalTopics,
      ...subtopologies.map(({ id, sourceTopics }) => ({
        name: `${storeName(id)}-changelog`,
        kind: 'changelog' as const,
        partitions: { asLargestOf: sourceTopics },
        config: { 'cleanup.policy': 'compact' },
        growsWithTasks: true as const,
      })),
    ],
  }
}

/** No topic's name is empty, so no parked key begins with the separator. */
export const NO_TOPIC = 0
/** With so many parked keys they are not counted: a task that is opened again for each of many poisonous records would read all rows each time. */
const MANY = 100

/** The parked keys of one task, by source topic. Opened again after an abort, because the count is not rolled back with the store. */
export class ParkedKeys {
  readonly #store: KeyValueStore<Uint8Array, ParkedKey>
  /** Exact below `MANY`; above, it only says that there are some. */
  #size = 0
  #isCounted = true

  private constructor(store: KeyValueStore<Uint8Array, ParkedKey>) {
    this.#store = store
  }

  /** Counts the parked keys, so that a task without dead letters never reads the store. */
  static async open(subtopology: number, storeNamed: (name: string) => StateStore): Promise<ParkedKeys> {
    const parked = new ParkedKeys(parkedKeysStore(subtopology, storeNamed) as KeyValueStore<Uint8Array, ParkedKey>)
    for await (const { key } of parked.#store.all()) {
      if (key[0] === NO_TOPIC || ++parked.#size < MANY) continue
      parked.#isCounted = false
      break
    }
    return parked
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  find(topic: string, key: Uint8Array): ParkedKey | undefined {
    return this.#size === 0 ? undefined : this.#store.get(rowKey(topic, key))
  }

  /** Counts one more letter of the key; returns its place. */
  add(topic: string, key: Uint8Array, offset: number): LetterPlace {
    const found = this.find(topic, key)
    if (found === undefined) this.#size++
    const parked = found ?? { episode: offset, next: 0, end: 0 }
    this.#store.put(rowKey(topic, key), { ...parked, end: parked.end + 1 })
    return { episode: parked.episode, sequence: parked.end }
  }

  /** The oldest letter has been processed or discarded; after the last one the key is no longer parked. */
  advance(topic: string, key: Uint8Array): void {
    const parked = this.find(topic, key)
    if (parked === undefined) return
    const next = parked.next + 1
    if (next === parked.end && this.#isCounted) this.#size--
    this.#store.put(rowKey(topic, key), next === parked.end ? null : { ...parked, next })
  }
}

/** The store that holds a task's parked keys. A key that begins with `NO_TOPIC` is not one of them. */
export function parkedKeysStore(subtopology: number, storeNamed: (name: string) => StateStore): KeyValueStore<Uint8Array, unknown> {
  const store = storeNamed(storeName(subtopology))
  if (store.kind !== 'keyValue') throw new RangeError(`The store of parked keys, ${store.name}, is not a key-value store`)
  return store as KeyValueStore<Uint8Array, unknown>
}

function storeName(subtopology: number): string {
  return `parked-keys-${subtopology}`
}

const LONG_KEY_BYTES = 1 << 10

/** A long key is represented by its digest: with the topic before it, it might be larger than the changelog takes. */
function rowKey(topic: string, key: Uint8Array): Uint8Array {
  const short = key.length <= LONG_KEY_BYTES ? key : createHash('sha256').update(key).digest()
  return Buffer.concat([Buffer.from(`${topic}\0`, 'utf8'), short])
}
