import { describe, expect, it } from 'vitest'
import { instanceOf, transactionalIdOf } from './transactional-id.ts'

describe('A transactional id', () => {
  it.each(['one', 'pod-7', 'rack/7', ''])('contains its instance id: "%s"', (instance) => {
    expect(instanceOf(transactionalIdOf('bank', instance, 3), 'bank')).toBe(instance)
  })

  it.each(['bank-2/one/0', 'ban/one/0', 'bank-redrive', 'bank', 'bank/', 'bank/one'])(
    'of another application, or of no instance, is not recognized: "%s"',
    (id) => {
      expect(instanceOf(id, 'bank')).toBeUndefined()
    },
  )
})
