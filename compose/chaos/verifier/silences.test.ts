import { describe, expect, it } from 'vitest'
import { medianSilences, SEVERAL, silences, type Disturbance } from './silences.ts'

const COMMITS = new Map([
  ['1_0', [0, 100, 200, 1_900, 2_000, 5_000]],
  ['1_1', [0, 150, 300, 450, 2_050, 4_900]],
])

const silent = (...disturbances: readonly Disturbance[]) => silences(COMMITS, disturbances)

describe('The longest silence', () => {
  it('is the longest gap between two commits of a task that overlaps the disturbance', () => {
    expect(silent({ kind: 'kill', from: 300, to: 1_000 })).toEqual({ kill: 1_700 })
  })

  it('considers only the tasks of the disturbance', () => {
    expect(silent({ kind: 'add', from: 300, to: 1_000, tasks: ['1_1'] })).toEqual({ add: 1_600 })
  })

  it('ignores gaps before and after the disturbance', () => {
    expect(silent({ kind: 'stop', from: 20, to: 90 })).toEqual({ stop: 150 })
  })

  it('is the maximum over all disturbances of a kind', () => {
    expect(silent({ kind: 'kill', from: 20, to: 90 }, { kind: 'kill', from: 2_100, to: 3_000 })).toEqual({ kill: 3_000 })
  })

  it('is attributed to neither of two disturbances that overlap', () => {
    expect(silent({ kind: 'kill', from: 300, to: 1_000 }, { kind: 'stop', from: 900, to: 1_500 })).toEqual({ [SEVERAL]: 1_700 })
  })
})

it('20.C16 The median silence is that of the disturbance in the middle, by kind', () => {
  const disturbances = [
    { kind: 'kill', from: 20, to: 90 },
    { kind: 'kill', from: 300, to: 1_000 },
    { kind: 'kill', from: 2_100, to: 3_000 },
    { kind: 'stop', from: 110, to: 140 },
  ]
  expect(medianSilences(COMMITS, disturbances)).toEqual({ kill: 1_700, stop: 150 })
})
