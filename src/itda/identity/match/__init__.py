"""Matching records that share no key: kinds of columns, weights of evidence, clusters. Pure; numbers in, numbers out.

The model is Fellegi and Sunter's (JASA 64, 1969) with three classes of pairs in place of two: one person, one
household, strangers. `kinds` compares values, `learning` finds the weights without labels, `scoring` adds them up,
`clusters` draws the conclusion.
"""
