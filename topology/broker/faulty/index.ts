/**
 * The faulty broker: a decorator for simulations. It puts a *faulty connection* between one client and any broker; the *fault profile*
 * sets how often requests and responses are lost or delayed.
 */
export { faultyBroker } from './faulty-broker.ts'
export type { FaultyBrokerOptions } from './faulty-broker.ts'
export { noFaults } from './fault-profile.ts'
export type { FaultProfile } from './fault-profile.ts'
