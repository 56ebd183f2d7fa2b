"""Answers to the exercises of book/04_first_cnn.ipynb; see book/_ext/answers.py."""

# %% Exercise 1, accepted: counted with PyTorch, the shape as a tensor
layers = [nn.Conv2d(1, 32, 5), nn.Conv2d(32, 64, 5), nn.Conv2d(64, 64, 5)]
base_parameters = torch.tensor(sum(p.numel() for m in layers for p in m.parameters()))
base_shape = torch.tensor([64, 7, 7])

# %% Exercise 1, accepted: floats, the shape as a list
base_parameters, base_shape = 154_560.0, [64.0, 7.0, 7.0]

# %% Exercise 1, rejected with "one bias per kernel": without biases
base_parameters, base_shape = 25 * (32 + 64 * 32 + 64 * 64), (64, 7, 7)

# %% Exercise 1, rejected with "for each input channel": kernels of one channel
base_parameters, base_shape = 26 * (32 + 64 + 64), (64, 7, 7)

# %% Exercise 1, rejected with "keeps the size": sizes as without padding
base_parameters, base_shape = 154_560, (64, 1, 1)

# %% Exercise 1, rejected with "channels come first": channels last
base_parameters, base_shape = 154_560, (7, 7, 64)

# %% Exercise 1, rejected with "three numbers": with the batch
base_parameters, base_shape = 154_560, (1, 64, 7, 7)

# %% Exercise 2, accepted: in double precision
def cross_entropy(logits, labels):
    logits = logits.double()
    of_right_class = logits.gather(1, labels[:, None])[:, 0]
    return (torch.logsumexp(logits, 1) - of_right_class).mean()

# %% Exercise 2, accepted: NumPy, the largest logit subtracted first
def cross_entropy(logits, labels):
    z = np.asarray(logits, dtype=float)
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(z)), np.asarray(labels)].mean()

# %% Exercise 2, accepted: log_softmax, and a Python number
def cross_entropy(logits, labels):
    log_p = logits.log_softmax(dim=1)
    return -sum(row[k].item() for row, k in zip(log_p, labels)) / len(labels)

# %% Exercise 2, rejected with "PyTorch's own cross-entropy": F.cross_entropy under another name
cross_entropy = F.cross_entropy

# %% Exercise 2, rejected with "PyTorch's own cross-entropy": nn.CrossEntropyLoss
def cross_entropy(logits, labels):
    return nn.CrossEntropyLoss()(logits, labels)

# %% Exercise 2, rejected with "one number": a loss per image
def cross_entropy(logits, labels):
    return logits.logsumexp(dim=1) - logits[torch.arange(len(labels)), labels]

# %% Exercise 2, rejected with "the sign is not": without the minus
def cross_entropy(logits, labels):
    return logits.log_softmax(dim=1)[torch.arange(len(labels)), labels].mean()

# %% Exercise 2, rejected with "the sum over the images": a sum
def cross_entropy(logits, labels):
    return -logits.log_softmax(dim=1)[torch.arange(len(labels)), labels].sum()

# %% Exercise 2, rejected with "its ten logits (dim=1)": softmax over the images
def cross_entropy(logits, labels):
    return -logits.log_softmax(dim=0)[torch.arange(len(labels)), labels].mean()

# %% Exercise 2, rejected with "Right for small logits": exponentials that overflow
def cross_entropy(logits, labels):
    p = logits.exp() / logits.exp().sum(dim=1, keepdim=True)
    return -p[torch.arange(len(labels)), labels].log().mean()

# %% Exercise 2, rejected with "Right for small logits": the logarithm of probabilities that are 0
def cross_entropy(logits, labels):
    return -logits.softmax(dim=1)[torch.arange(len(labels)), labels].log().mean()

# %% Exercise 3, accepted: a linear layer that finds its inputs itself, in double precision
color_network = nn.Sequential(
    nn.Conv2d(3, 16, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.LazyLinear(10),
)
color_network(torch.zeros(1, 3, 32, 32))
color_network = color_network.double()

# %% Exercise 3, rejected with "does not expect three channels": only the linear layer repaired
color_network = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(32 * 6 * 6, 10),
)

# %% Exercise 3, rejected with "linear layer does not fit": only the channels repaired
color_network = nn.Sequential(
    nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(32 * 5 * 5, 10),
)

# %% Exercise 3, rejected with "You have changed the kernel size, stride, or padding": padding
color_network = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(32 * 8 * 8, 10),
)

# %% Exercise 3, rejected with "no longer give 32 maps of 6×6": pooling that fits the old layer
color_network = nn.Sequential(
    nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(5),
    nn.Flatten(), nn.Linear(32 * 5 * 5, 10),
)

# %% Exercise 3, rejected with "added, removed, or exchanged": a softmax at the end
color_network = nn.Sequential(
    nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(32 * 6 * 6, 10), nn.Softmax(1),
)

# %% Exercise 3, rejected with "16 and 32 output channels": fewer channels
color_network = nn.Sequential(
    nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(16 * 6 * 6, 10),
)

# %% Exercise 4, accepted: NumPy, interval by interval
def my_calibration_error(confidence, correct):
    confidence, correct = confidence.numpy().astype(float), correct.numpy()
    number = np.minimum(np.ceil(np.round(confidence * 10, 6)), 10)
    total = [
        abs(confidence[number == k].sum() - correct[number == k].sum()) for k in range(1, 11)
    ]
    return sum(total) / len(confidence)

# %% Exercise 4, accepted: bucketize and index_add, as a tensor of shape (1,)
def my_calibration_error(confidence, correct):
    number = torch.bucketize(confidence, torch.arange(1, 10) / 10)
    return torch.zeros(10).index_add(0, number, confidence - correct).abs().sum()[None] / len(number)

# %% Exercise 4, rejected with "The result is nan": empty intervals not skipped
def my_calibration_error(confidence, correct):
    error = 0
    for number in range(10):
        inside = (confidence > number / 10) & (confidence <= (number + 1) / 10)
        gap = (confidence[inside].mean() - correct[inside].mean()).abs()
        error += gap * inside.float().mean()
    return error

# %% Exercise 4, rejected with "A confidence of exactly 0.5": intervals closed below, [0, 0.1)
def my_calibration_error(confidence, correct):
    number = torch.bucketize(confidence, torch.arange(1, 10) / 10, right=True)
    return torch.zeros(10).index_add(0, number, confidence - correct).abs().sum() / len(number)

# %% Exercise 4, rejected with "A confidence of exactly 1": 1 is forgotten
def my_calibration_error(confidence, correct):
    edges, error = torch.arange(11) / 10, 0.0
    for low, high in zip(edges, edges[1:]):
        inside = (confidence > low) & (confidence <= high) & (confidence < 1)
        error += (confidence[inside] - correct[inside]).sum().abs() / len(confidence)
    return error

# %% Exercise 4, rejected with "these should not cancel out": one difference over all images
def my_calibration_error(confidence, correct):
    return (confidence.mean() - correct.mean()).abs()

# %% Exercise 4, rejected with "weight each interval": every interval counts the same
def my_calibration_error(confidence, correct):
    number = (confidence * 10).ceil()
    return torch.stack(
        [(confidence[number == k].mean() - correct[number == k].mean()).abs() for k in number.unique()]
    ).mean()

# %% Exercise 4, rejected with "ten intervals of equal width": five intervals
def my_calibration_error(confidence, correct):
    return calibration_error(confidence, correct, bins=5)

# %% Exercise 5, accepted: poolings, flattening and a small dense layer
torch.manual_seed(3)
small_network = nn.Sequential(
    nn.Conv2d(1, 8, 5),
    nn.ReLU(),
    nn.MaxPool2d(3),
    nn.Conv2d(8, 16, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(16 * 3 * 3, 10),
).to(device)
optimizer = torch.optim.Adam(small_network.parameters(), lr=5e-3)
for epoch in range(12):
    train_one_epoch(small_network, optimizer)

# %% Exercise 5, rejected with "below 85%": not trained
small_network = nn.Sequential(
    nn.Conv2d(1, 8, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)
)

# %% Exercise 5, rejected with "10,000 parameters or more": the large network from above
small_network = model

# %% Exercise 5, rejected with "ten numbers for each image": one logit per position
small_network = nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.Conv2d(8, 10, 3))

# %% Exercise 5, rejected with "should be a model": a function
small_network = lambda images: torch.zeros(len(images), 10)
