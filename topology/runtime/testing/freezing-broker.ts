import type { Broker } from '../../broker/index.ts'

/** Calls that answer at once, and so cannot freeze. */
const SYNCHRONOUS = ['openFetcher', 'wakeup']

/**
 * A broker of which some calls, or all, can be frozen: from then on none of them is answered, nor are those under way, until it thaws. A frozen process
 * and a network that drops packets look like that.
 */
export class FreezingBroker {
  readonly broker: Broker
  /** How many calls have been made, by name. */
  readonly calls = new Map<string, number>()
  #isFrozen = (_: string): boolean => false
  #waiting: (() => void)[] = []

  constructor(target: Broker) {
    this.broker = this.#wrap(target)
  }

  get callCount(): number {
    return [...this.calls.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Without names: every call. */
  freeze(...names: readonly string[]): void {
    this.#isFrozen = (name) => names.length === 0 || names.includes(name)
  }

  thaw(): void {
    this.#isFrozen = () => false
    for (const resume of this.#waiting.splice(0)) resume()
  }

  #wrap<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, name) => {
        const member: unknown = Reflect.get(object, name)
        if (typeof member === 'object' && member !== null) return this.#wrap(member)
        if (typeof member !== 'function' || typeof name === 'symbol') return member
        return (...parameters: unknown[]): unknown => {
          const call = (): unknown => Reflect.apply(member, object, parameters)
          if (SYNCHRONOUS.includes(name)) return name === 'openFetcher' ? this.#wrap(call() as object) : call()
          return this.#answered(name, call)
        }
      },
    })
  }

  async #answered(name: string, call: () => unknown): Promise<unknown> {
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1)
    await this.#passed(name)
    const answer = await call()
    await this.#passed(name)
    return name === 'openProducer' ? this.#wrap(answer as object) : answer
  }

  async #passed(name: string): Promise<void> {
    while (this.#isFrozen(name)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}
