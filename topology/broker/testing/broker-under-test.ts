import type { Broker } from '../broker.ts'

export interface BrokerUnderTest {
  readonly broker: Broker
  /** Lets the broker's time pass. */
  advance(delayMs: number): Promise<void>
  close(): Promise<void>
}
