import { describe, expect, it } from 'vitest'
import { StateMachine } from './state-machine.ts'

const door = () =>
  new StateMachine<'open' | 'shut' | 'locked'>('The door', 'open', { open: ['shut'], shut: ['open', 'locked'], locked: [] })

describe('A state machine', () => {
  it('follows its transitions', () => {
    const machine = door()
    machine.become('shut')
    machine.become('locked')
    expect(machine.state).toBe('locked')
  })

  it('rejects any other transition and keeps its state', () => {
    const machine = door()
    expect(machine.canBecome('locked')).toBe(false)
    expect(() => machine.become('locked')).toThrow('The door cannot go from open to locked')
    expect(machine.state).toBe('open')
  })
})
