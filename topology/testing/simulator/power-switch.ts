import type { OrderedStorage } from '../../../state/index.ts'
import type { Broker, Fetcher, Producer } from '../../broker/index.ts'
import type { Ports, Timers } from '../../ports.ts'

/**
 * Cuts an instance off in the middle of whatever it awaits: nothing it asked for is answered any more and none of its timers
 * fires, so that its code stands still for ever, as that of a crashed process.
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
      write: (batch, options) => this.#call(() => storage.write(batch, options)),
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

  #fetcher(fetcher: Fetcher): Fetcher {
    return {
      fetch: (partitions, options) => this.#call(() => fetcher.fetch(partitions, options)),
      wakeup: () => {
        if (this.#on) fetcher.wakeup()
      },
      close: () => this.#call(() => fetcher.close()),
    }
  }

  /** The same object with every method behind the switch. */
  #all<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, name) => {
        const member: unknown = Reflect.get(object, name)
        return typeof member === 'function'
          ? (...args: unknown[]) => this.#call(() => Reflect.apply(member, object, args) as Promise<unknown>)
          : member
      },
    })
  }

  #call<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#on) return new Promise(() => undefined)
    return new Promise((resolve, reject) => {
      work().then(
        (value) => {
          if (this.#on) resolve(value)
        },
        (error: unknown) => {
          if (this.#on) reject(error instanceof Error ? error : new Error(String(error)))
        },
      )
    })
  }
}
