import { Serdes, Stores, type KeyValueStore, type StateStore } from '../../../state/index.ts'
import type { Topology } from '../../graph/index.ts'
import type { LetterPlace } from './dead-letters.ts'

/**
 * A key with dead letters. `episode` is the offset of the first; the letters are numbered from there: `next` is the oldest that
 * has not been dealt with, `end` the number that the next one gets.
 */
export interface Park {
  readonly episode: number
  readonly next: number
  readonly end: number
}

/** Gives each sub-topology a store of the keys that wait behind a dead letter: part of its state, and so of its transactions. */
export function withParkedKeys(topology: Topology): Topology {
  const { subtopologies, internalTopics } = topology
  const storeOf = (id: number) => Stores.keyValue({ name: storeName(id), key: Serdes.bytes, value: Serdes.json<Park>() })
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
      })),
    ],
  }
}

/** Which keys of which source topics are parked in one task. After an abort it has to be opened again. */
export class ParkedKeys {
  readonly #store: KeyValueStore<Uint8Array, Park>
  #size = 0

  private constructor(store: KeyValueStore<Uint8Array, Park>) {
    this.#store = store
  }

  /** Counts what is parked, so that a task without dead letters never looks into the store. */
  static async open(subtopology: number, storeNamed: (name: string) => StateStore): Promise<ParkedKeys> {
    const store = storeNamed(storeName(subtopology))
    if (store.kind !== 'keyValue') throw new RangeError(`${store.name} is no key-value store`)
    const parked = new ParkedKeys(store as KeyValueStore<Uint8Array, Park>)
    for await (const _ of store.all()) parked.#size++
    return parked
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  find(topic: string, key: Uint8Array): Park | undefined {
    return this.#size === 0 ? undefined : this.#store.get(rowKey(topic, key))
  }

  /** One more letter of that key; answers with its place among them. */
  add(topic: string, key: Uint8Array, offset: number): LetterPlace {
    const found = this.find(topic, key)
    if (found === undefined) this.#size++
    const park = found ?? { episode: offset, next: 0, end: 0 }
    this.#store.put(rowKey(topic, key), { ...park, end: park.end + 1 })
    return { episode: park.episode, sequence: park.end }
  }

  /** The oldest letter has been dealt with; behind the last one the key is free again. */
  advance(topic: string, key: Uint8Array): void {
    const park = this.find(topic, key)
    if (park === undefined) return
    const next = park.next + 1
    if (next === park.end) this.#size--
    this.#store.put(rowKey(topic, key), next === park.end ? null : { ...park, next })
  }
}

function storeName(subtopology: number): string {
  return `parked-keys-${subtopology}`
}

function rowKey(topic: string, key: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${topic}\0`, 'utf8'), key])
}
