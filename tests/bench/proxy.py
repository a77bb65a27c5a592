VERSIONS=()
def bench(o):
    return []
