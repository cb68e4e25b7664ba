import type { OrderedStorage, StorageBatch } from '../../../state/index.ts'
import type { Broker, Fetcher, Producer } from '../../broker/index.ts'
import type { Ports, Timers } from '../../ports.ts'

/**
 * Simulates the crash of a process: after `cut`, no call of the instance is answered and none of its timers fires, so its code
 * never continues after whatever it is awaiting.
 */
export class PowerSwitch {
  #on = true

  cut(): void {
    this.#on = false
  }

  broker(broker: Broker): Broker {
    return {
      admin: this.#all(broker.admin),
      groups: this.#all(broker.groups),
      openFetcher: () => this.#fetcher(broker.openFetcher()),
      openProducer: (options) => this.#call(() => broker.openProducer(options)).then((producer) => this.#all<Producer>(producer)),
      close: () => this.#call(() => broker.close()),
    }
  }

  storage(storage: OrderedStorage): OrderedStorage {
    return {
      get: (key) => storage.get(key),
      batch: () => this.#batch(storage.batch()),
      scan: (range) => storage.scan(range),
      clear: (range) => this.#call(() => storage.clear(range)),
      close: () => this.#call(() => storage.close()),
    }
  }

  ports(ports: Ports): Ports {
    const timers: Timers = {
      setTimeout: (callback, delayMs) => ports.timers.setTimeout(() => this.#on && callback(), delayMs),
      sleep: (delayMs, signal) => this.#call(() => ports.timers.sleep(delayMs, signal)),
      yield: () => this.#call(() => ports.timers.yield()),
    }
    return { ...ports, timers }
  }

  #batch(batch: StorageBatch): StorageBatch {
    return {
      put: (key, value, prefix, head) => batch.put(key, value, prefix, head),
      delete: (key, prefix) => batch.delete(key, prefix),
      discard: () => batch.discard(),
      write: (options) => this.#call(() => batch.write(options)),
    }
  }

  #fetcher(fetcher: Fetcher): Fetcher {
    return {
      fetch: (partitions, options) => this.#call(() => fetcher.fetch(partitions, options)),
      wakeup: () => {
        if (this.#on) fetcher.wakeup()
      },
      close: () => this.#call(() => fetcher.close()),
    }
  }

  /** The same object with every method behind the switch. Wrapped methods are cached. */
  #all<T extends object>(target: T): T {
    const wrapped = new Map<PropertyKey, unknown>()
    return new Proxy(target, {
      get: (object, name) => {
        if (!wrapped.has(name)) {
          const member: unknown = Reflect.get(object, name)
          const method = typeof member === 'function' ? (member.bind(object) as (...args: unknown[]) => Promise<unknown>) : undefined
          wrapped.set(name, method === undefined ? member : (...args: unknown[]) => this.#call(() => method(...args)))
        }
        return wrapped.get(name)
      },
    })
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    try {
      if (this.#on) {
        const value = await work()
        if (this.#on) return value
      }
    } catch (error) {
      if (this.#on) throw error
    }
    return new Promise(() => undefined)
  }
}
