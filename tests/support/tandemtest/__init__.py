"""The test side of Tandemail that is not C++: real peers, generated mail, an outside checker.

Python 3.11, standard library only. Nothing here imports or shares code with the product.
"""
