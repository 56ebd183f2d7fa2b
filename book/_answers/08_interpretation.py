"""Answers to the exercises of chapter 8, and what the checks must say to them."""

# %% Exercise 1, accepted: a sum of products, as an array
def grad_cam_map(maps, gradient):
    weights = gradient.numpy().mean(axis=(1, 2))
    return np.maximum(np.tensordot(weights, maps.numpy(), axes=1), 0)

# %% Exercise 1, accepted: nested lists of 64-bit floats
def grad_cam_map(maps, gradient):
    total = sum(g.double().mean() * m.double() for m, g in zip(maps, gradient))
    return [[max(0.0, value) for value in row] for row in total.tolist()]

# %% Exercise 1, rejected with "20 times too large": the sum of the gradient
def grad_cam_map(maps, gradient):
    return (gradient.sum(dim=(1, 2), keepdim=True) * maps).sum(dim=0).relu()

# %% Exercise 1, rejected with "negative values": no ReLU
def grad_cam_map(maps, gradient):
    return (gradient.mean(dim=(1, 2), keepdim=True) * maps).sum(dim=0)

# %% Exercise 1, rejected with "one value per position": not added up
def grad_cam_map(maps, gradient):
    return (gradient.mean(dim=(1, 2), keepdim=True) * maps).relu()

# %% Exercise 1, rejected with "Apply the ReLU once": the ReLU before the sum
def grad_cam_map(maps, gradient):
    return (gradient.mean(dim=(1, 2), keepdim=True) * maps).relu().sum(dim=0)

# %% Exercise 1, rejected with "mean of its gradient": gradient times activation
def grad_cam_map(maps, gradient):
    return (gradient * maps).sum(dim=0).relu()

# %% Exercise 2, accepted: a set of tensors
def silent_for(maps, k):
    return {
        torch.tensor(c)
        for c in range(maps.shape[1])
        if maps[k, c].max() == 0 and maps[:, c].max() > 0
    }

# %% Exercise 2, accepted: an array
def silent_for(maps, k):
    sums = maps.numpy().sum(axis=(2, 3))
    return np.flatnonzero((sums[k] == 0) & (sums.sum(axis=0) > 0))

# %% Exercise 2, rejected with "indices of channels, each once": a mask
def silent_for(maps, k):
    silent = maps.amax((2, 3)) == 0
    return silent[k] & ~silent.all(0)

# %% Exercise 2, rejected with "Channel 5 responds to none": with the dead ones
def silent_for(maps, k):
    return (maps[k].amax(dim=(1, 2)) == 0).nonzero().flatten()

# %% Exercise 2, rejected with "if only weakly": a threshold
def silent_for(maps, k):
    responds = maps.amax(dim=(2, 3)) > 0.005
    alive = maps.amax(dim=(0, 2, 3)) > 0
    return (~responds[k] & alive).nonzero().flatten()

# %% Exercise 2, rejected with "belongs to the result for image 1": k is ignored
def silent_for(maps, k):
    responds = maps.amax(dim=(2, 3)) > 0
    return (~responds[0] & responds.any(dim=0)).nonzero().flatten()

# %% Exercise 2, rejected with "Not for every `k` yet": all other images, not one of them
def silent_for(maps, k):
    responds = maps.amax(dim=(2, 3)) > 0
    responds[k] |= False
    count = responds.sum(dim=0)
    return [c for c in range(12) if not responds[k, c] and count[c] in (1, 3)]

# %% Exercise 3, accepted: backward(), on a leaf of its own, as an array
def maximize_logit(model, index, start, steps, rate=0.05):
    image = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        (-model(image)[0, index]).backward()
        optimizer.step()
        image.data = image.data.clip(0, 1)
    model.zero_grad()
    return image.detach().numpy()

# %% Exercise 3, accepted: maximize=True
def maximize_logit(model, index, start, steps, rate=0.05):
    image = start.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate, maximize=True)
    for _ in range(steps):
        optimizer.zero_grad()
        model(image)[:, index].sum().backward()
        optimizer.step()
        with torch.no_grad():
            image.copy_(image.clamp(0, 1))
    return image

# %% Exercise 3, rejected with "Adam minimizes": downhill
def maximize_logit(model, index, start, steps, rate=0.05):
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        (image.grad,) = torch.autograd.grad(model(image)[0, index], image)
        optimizer.step()
        image.data.clamp_(0, 1)
    return image.detach()

# %% Exercise 3, rejected with "Is `index` used": always the last class
def maximize_logit(model, index, start, steps, rate=0.05):
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        (image.grad,) = torch.autograd.grad(-model(image)[0, 2], image)
        optimizer.step()
        image.data.clamp_(0, 1)
    return image.detach()

# %% Exercise 3, rejected with "Is `steps` used": always twenty steps
def maximize_logit(model, index, start, steps, rate=0.05):
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate)
    for _ in range(20):
        (image.grad,) = torch.autograd.grad(-model(image)[0, index], image)
        optimizer.step()
        image.data.clamp_(0, 1)
    return image.detach()

# %% Exercise 3, rejected with "clamp them": not clamped
def maximize_logit(model, index, start, steps, rate=0.05):
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        (image.grad,) = torch.autograd.grad(-model(image)[0, index], image)
        optimizer.step()
    return image.detach()

# %% Exercise 3, rejected with "Optimize a copy": changes the start
def maximize_logit(model, index, start, steps, rate=0.05):
    image = start.requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        (image.grad,) = torch.autograd.grad(-model(image)[0, index], image)
        optimizer.step()
        image.data.clamp_(0, 1)
    return image.detach()

# %% Exercise 3, rejected with "Give the optimizer only the pixels": trains the network, too
def maximize_logit(model, index, start, steps, rate=0.05):
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image, *model.parameters()], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        (-model(image)[0, index]).backward()
        optimizer.step()
        image.data.clamp_(0, 1)
    return image.detach()

# %% Exercise 3, rejected with "exactly `steps` steps of Adam": plain gradient ascent
def maximize_logit(model, index, start, steps, rate=0.05):
    image = start.clone().requires_grad_()
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(model(image)[0, index], image)
        image.data.add_(rate * gradient).clamp_(0, 1)
    return image.detach()

# %% Exercise 3, rejected with "Is `rate` used": a fixed rate
def maximize_logit(model, index, start, steps, rate=0.05):
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=0.05)
    for _ in range(steps):
        (image.grad,) = torch.autograd.grad(-model(image)[0, index], image)
        optimizer.step()
        image.data.clamp_(0, 1)
    return image.detach()

# %% Exercise 4, accepted: sums and counts, as floats
def logit_from(signed_cam, bias):
    return sum(signed_cam.flatten().tolist()) / signed_cam.numel() + bias


def logit_without(signed_cam, bias, box):
    gone = signed_cam[box].sum()
    return float(bias + (signed_cam.sum() - gone) / signed_cam.numel())

# %% Exercise 4, accepted: an array with one value
def logit_from(signed_cam, bias):
    return np.array([signed_cam.double().mean() + bias]).mean(keepdims=True)[0]


def logit_without(signed_cam, bias, box):
    kept = np.ones(signed_cam.shape)
    kept[box] = 0
    return (kept * signed_cam.numpy()).mean() + bias

# %% Exercise 4, rejected with "plus the bias": no bias
def logit_from(signed_cam, bias):
    return signed_cam.mean()


def logit_without(signed_cam, bias, box):
    rest = signed_cam.clone()
    rest[box] = 0
    return rest.mean()

# %% Exercise 4, rejected with "not for another map and another bias": 49 positions always
def logit_from(signed_cam, bias):
    return signed_cam.sum() / 49 + bias


def logit_without(signed_cam, bias, box):
    rest = signed_cam.clone()
    rest[box] = 0
    return rest.mean() + bias

# %% Exercise 4, rejected with "the mean still goes over all positions": the mean of the rest
def logit_from(signed_cam, bias):
    return signed_cam.mean() + bias


def logit_without(signed_cam, bias, box):
    kept = torch.ones_like(signed_cam, dtype=bool)
    kept[box] = False
    return signed_cam[kept].mean() + bias

# %% Exercise 4, rejected with "another map and another box": always the same box
def logit_from(signed_cam, bias):
    return signed_cam.mean() + bias


def logit_without(signed_cam, bias, box):
    rest = signed_cam.clone()
    rest[2:5, 2:5] = 0
    return rest.mean() + bias

# %% Exercise 4, rejected with "Work on a copy": changes the map
def logit_from(signed_cam, bias):
    return signed_cam.mean() + bias


def logit_without(signed_cam, bias, box):
    signed_cam[box] = 0
    return signed_cam.mean() + bias

# %% Exercise 5, accepted: cumulative sums, as an array
def hottest_box(m, window):
    c = np.pad(m.double().numpy().cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    w = window
    sums = c[w:, w:] - c[:-w, w:] - c[w:, :-w] + c[:-w, :-w]
    return np.array(np.unravel_index(sums.argmax(), sums.shape))

# %% Exercise 5, accepted: a loop, as a list of tensors
def hottest_box(m, window):
    best, corner = -float("inf"), None
    for i in range(len(m) - window + 1):
        for j in range(len(m[0]) - window + 1):
            total = m[i : i + window, j : j + window].sum()
            if total > best:
                best, corner = total, [torch.tensor(i), torch.tensor(j)]
    return corner

# %% Exercise 5, rejected with "moves by a whole window": squares that do not overlap
def hottest_box(m, window):
    sums = F.avg_pool2d(m[None, None], window)[0, 0]
    row, column = divmod(int(sums.argmax()), sums.shape[1])
    return row * window, column * window

# %% Exercise 5, rejected with "largest single value": the hottest pixel as the corner
def hottest_box(m, window):
    return divmod(int(m.argmax()), m.shape[1])

# %% Exercise 5, rejected with "The row comes first": column before row
def hottest_box(m, window):
    sums = F.avg_pool2d(m[None, None], window, stride=1)[0, 0]
    row, column = divmod(int(sums.argmax()), sums.shape[1])
    return column, row

# %% Exercise 5, rejected with "center of the square": the center
def hottest_box(m, window):
    sums = F.avg_pool2d(m[None, None], window, stride=1)[0, 0]
    row, column = divmod(int(sums.argmax()), sums.shape[1])
    return row + window // 2, column + window // 2

# %% Exercise 5, rejected with "in random maps with positive and negative values": the largest value in the square
def hottest_box(m, window):
    peaks = F.max_pool2d(m[None, None], window, stride=1)[0, 0]
    sums = F.avg_pool2d(m.abs()[None, None], window, stride=1)[0, 0]
    return divmod(int((peaks.abs() * sums).argmax()), sums.shape[1])

# %% Exercise 5, rejected with "The result should be that square": a window of fixed size
def hottest_box(m, window):
    sums = F.avg_pool2d(m[None, None], 5, stride=1)[0, 0]
    return divmod(int(sums.argmax()), sums.shape[1])
