import { describe, expect, it } from 'vitest'
import { SEVERAL, silences, type Disturbance } from './silences.ts'

const COMMITS = new Map([
  ['1_0', [0, 100, 200, 1_900, 2_000, 5_000]],
  ['1_1', [0, 150, 300, 450, 2_050, 4_900]],
])

const silent = (...disturbances: readonly Disturbance[]) => silences(COMMITS, disturbances)

describe('The longest silence', () => {
  it('is the longest time between two commits of a task around what happened', () => {
    expect(silent({ kind: 'kill', from: 300, to: 1_000 })).toEqual({ kill: 1_700 })
  })

  it('is that of the tasks that are looked at', () => {
    expect(silent({ kind: 'add', from: 300, to: 1_000, tasks: ['1_1'] })).toEqual({ add: 1_600 })
  })

  it('is none of what came before or after', () => {
    expect(silent({ kind: 'stop', from: 20, to: 90 })).toEqual({ stop: 150 })
  })

  it('is the longest over all that happened of a kind', () => {
    expect(silent({ kind: 'kill', from: 20, to: 90 }, { kind: 'kill', from: 2_100, to: 3_000 })).toEqual({ kill: 3_000 })
  })

  it('is put down to neither of two things that happened at once', () => {
    expect(silent({ kind: 'kill', from: 300, to: 1_000 }, { kind: 'stop', from: 900, to: 1_500 })).toEqual({ [SEVERAL]: 1_700 })
  })
})
