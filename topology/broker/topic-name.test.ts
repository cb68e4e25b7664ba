import { describe, expect, it } from 'vitest'
import { collidesWith, topicNameProblem } from './topic-name.ts'

describe('20.B8 A topic name', () => {
  it.each(['a', 'A-b_c.0', '...', '.a', '-', 'x'.repeat(249)])('may be %s', (name) => {
    expect(topicNameProblem(name)).toBeUndefined()
  })

  it.each(['', '.', '..', 'a b', 'a\n', 'ä', 'a:b', 'x'.repeat(250), undefined, null, 7, {}])('may not be %s', (name) => {
    expect(topicNameProblem(name)).toMatch(/^(it|only) /)
  })

  it('collides with one that differs in dots and underscores only, and not with itself', () => {
    expect(collidesWith('a.b', 'a_b')).toBe(true)
    expect(collidesWith('a.b', 'a.b')).toBe(false)
    expect(collidesWith('a.b', 'a-b')).toBe(false)
  })
})
