# A name that is decorated sixty times; each quotes what the one before it quoted.
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@repr
@lambda train: "'\""
def train(lab):
    return None
