"""What a check finds: where, and what is wrong there."""
import collections

Finding = collections.namedtuple("Finding", "path line text")
