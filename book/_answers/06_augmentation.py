"""Answers to the exercises of book/06_augmentation.ipynb; see book/_ext/answers.py."""

# %% Exercise 1, accepted: a list, and options that change nothing
mine = Augment(flip=0.5, crop=[0.4, 1], degrees=0, scale=(1, 1))

# %% Exercise 1, rejected with "flip is a probability": all images mirrored
mine = Augment(flip=1, crop=(0.4, 1.0))

# %% Exercise 1, rejected with "the option crop": a change of scale instead
mine = Augment(flip=0.5, scale=(0.4, 1.0))

# %% Exercise 1, rejected with "fraction of the area": the part that is cut off
mine = Augment(flip=0.5, crop=(0.6, 1.0))

# %% Exercise 1, rejected with "something else": a rotation as well
mine = Augment(flip=0.5, crop=(0.4, 1.0), degrees=5)

# %% Exercise 2, accepted: in place
def flip_some(images, chosen):
    images[chosen] = images[chosen].flip(-1)
    return images

# %% Exercise 2, accepted: a loop over arrays
def flip_some(images, chosen):
    pairs = zip(images.numpy(), chosen.tolist())
    return np.stack([image[:, :, ::-1] if yes else image for image, yes in pairs])

# %% Exercise 2, rejected with "nothing should change": all of them
def flip_some(images, chosen):
    return images.flip(-1)

# %% Exercise 2, rejected with "nothing should change": those that were not chosen
def flip_some(images, chosen):
    return torch.where(chosen[:, None, None, None], images, images.flip(-1))

# %% Exercise 2, rejected with "mirrors top and bottom": the axis before the last
def flip_some(images, chosen):
    return torch.where(chosen[:, None, None, None], images.flip(-2), images)

# %% Exercise 2, rejected with "Exactly the chosen images": both axes
def flip_some(images, chosen):
    return torch.where(chosen[:, None, None, None], images.flip(-1, -2), images)

# %% Exercise 2, rejected with "needs the shape": only the chosen ones are returned
def flip_some(images, chosen):
    return images[chosen].flip(-1)

# %% Exercise 3, accepted: double precision, a list, a loop
def mix(images, labels, lam, permutation):
    shares = torch.zeros(len(labels), 10, dtype=torch.float64)
    for i, other in enumerate(permutation):
        shares[i, labels[i]] += lam
        shares[i, labels[other]] += 1 - lam
    return [images.double().lerp(images.double()[permutation], 1 - lam), shares.numpy()]

# %% Exercise 3, rejected with "Return two things": the images only
def mix(images, labels, lam, permutation):
    return lam * images + (1 - lam) * images[permutation]

# %% Exercise 3, rejected with "should stay as they are": the parts swapped
def mix(images, labels, lam, permutation):
    shares = F.one_hot(labels, 10).float()
    return (
        (1 - lam) * images + lam * images[permutation],
        (1 - lam) * shares + lam * shares[permutation],
    )

# %% Exercise 3, rejected with "should become images[permutation]": neighbors instead of partners
def mix(images, labels, lam, permutation):
    shares = F.one_hot(labels, 10).float()
    return (
        lam * images + (1 - lam) * images.roll(1, 0),
        lam * shares + (1 - lam) * shares.roll(1, 0),
    )

# %% Exercise 3, rejected with "should stay as they are": always 0.7
def mix(images, labels, lam, permutation):
    shares = F.one_hot(labels, 10).float()
    return (
        0.7 * images + 0.3 * images[permutation],
        0.7 * shares + 0.3 * shares[permutation],
    )

# %% Exercise 3, rejected with "the shape (N, 10)": labels as numbers
def mix(images, labels, lam, permutation):
    return (
        lam * images + (1 - lam) * images[permutation],
        lam * labels + (1 - lam) * labels[permutation],
    )

# %% Exercise 3, rejected with "the same proportions": the labels of the larger part
def mix(images, labels, lam, permutation):
    return lam * images + (1 - lam) * images[permutation], F.one_hot(labels, 10)

# %% Exercise 4, accepted: torch's own
def drop(x, p, training):
    return F.dropout(x, p, training)

# %% Exercise 4, accepted: an array in double precision
def drop(x, p, training):
    x = x.numpy().astype(float)
    return x * np.random.binomial(1, 1 - p, x.shape) / (1 - p) if training else x

# %% Exercise 4, rejected with "Outside of training": always drops
def drop(x, p, training):
    return x * (torch.rand_like(x) >= p) / (1 - p)

# %% Exercise 4, rejected with "for every p": the probability of staying
def drop(x, p, training):
    return x * (torch.rand_like(x) < p) / p if training else x

# %% Exercise 4, rejected with "for every p": a probability that is always 0.3
def drop(x, p, training):
    return x * (torch.rand_like(x) >= 0.3) / 0.7 if training else x

# %% Exercise 4, rejected with "some of the values": never drops
def drop(x, p, training):
    return x

# %% Exercise 4, rejected with "independently": whole rows
def drop(x, p, training):
    return x * (torch.rand(len(x), 1) >= p) / (1 - p) if training else x

# %% Exercise 4, rejected with "independently": neighbors in pairs
def drop(x, p, training):
    if not training:
        return x
    rows, columns = x.shape
    pairs = torch.rand(rows, columns // 2) >= p
    return x * pairs.repeat_interleave(2, 1) / (1 - p)

# %% Exercise 4, rejected with "independently": one mask for 20 rows
def drop(x, p, training):
    if not training:
        return x
    mask = torch.rand(len(x) // 20, x.shape[1]) >= p
    return x * mask.repeat_interleave(20, 0) / (1 - p)

# %% Exercise 4, rejected with "independently": each mask for four rows far apart
def drop(x, p, training):
    if not training:
        return x
    mask = torch.rand(len(x) // 4, x.shape[1]) >= p
    return x * mask.float().repeat(4, 1) / (1 - p)

# %% Exercise 4, rejected with "any shape": only for rows and columns
def drop(x, p, training):
    rows, columns = x.shape
    return x * (torch.rand(rows, columns) >= p) / (1 - p) if training else x

# %% Exercise 4, rejected with "divided by": not scaled
def drop(x, p, training):
    return x * (torch.rand_like(x) >= p) if training else x

# %% Exercise 4, rejected with "those of x": ones instead of x
def drop(x, p, training):
    return (torch.rand_like(x) >= p) / (1 - p) if training else x

# %% Exercise 4, rejected with "new random numbers": the same mask in every call
def drop(x, p, training):
    if not training:
        return x
    mask = torch.rand(x.shape, generator=torch.Generator().manual_seed(0)) >= p
    return x * mask / (1 - p)

# %% Exercise 5, accepted: an array, row by row
def smooth(labels, classes, s):
    targets = np.full((len(labels), classes), s / classes)
    targets[np.arange(len(labels)), labels] += 1 - s
    return targets

# %% Exercise 5, rejected with "shape (N, classes)": the target of the correct class only
def smooth(labels, classes, s):
    return torch.full(labels.shape, 1 - s + s / classes)

# %% Exercise 5, rejected with "add up to 1": nothing is taken from the correct class
def smooth(labels, classes, s):
    return F.one_hot(labels, classes) + s / classes

# %% Exercise 5, rejected with "the largest target": the wrong classes get it
def smooth(labels, classes, s):
    wrong = 1 - F.one_hot(labels, classes).double()
    return wrong / (classes - 1)

# %% Exercise 5, rejected with "the correct one included": spread over the wrong classes only
def smooth(labels, classes, s):
    right = F.one_hot(labels, classes).double()
    return (1 - s) * right + s / (classes - 1) * (1 - right)

# %% Exercise 6, accepted: no shear
for_digits = Augment(degrees=8, translate=0.08, scale=(0.9, 1.1))

# %% Exercise 6, rejected with "do not use flip": mirrored
for_digits = Augment(flip=0.5, degrees=10)

# %% Exercise 6, rejected with "too little": a rotation by up to one degree
for_digits = Augment(degrees=1)

# %% Exercise 6, rejected with "Too strong": upside down
for_digits = Augment(degrees=180)
