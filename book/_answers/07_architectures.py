"""Answers to the exercises of book/07_architectures.ipynb; see book/_ext/answers.py."""

# %% Exercise 1, accepted: a tensor, by subtraction
dense_layers = [(25088, 4096), (4096, 4096), (4096, 1000)]
removed = sum((i + 1) * o for i, o in dense_layers)
slim_parameters = torch.tensor(138_357_544 - removed + 513 * 1000)

# %% Exercise 1, accepted: an array of one number
slim_parameters = np.array([15_227_688.0])

# %% Exercise 1, rejected with "the convolutions alone": without the new dense layer
slim_parameters = 14_714_688

# %% Exercise 1, rejected with "1000 biases": without the biases of the dense layer
slim_parameters = 14_714_688 + 512 * 1000

# %% Exercise 1, rejected with "convolutions alone have more": without the biases of the convolutions
slim_parameters = 14_710_464

# %% Exercise 1, rejected with "512 · 1000 weights": flattened instead of averaged
slim_parameters = 14_714_688 + (7 * 7 * 512 + 1) * 1000

# %% Exercise 2, accepted: by the formula, as a NumPy number
def widest_bottleneck(c):
    return np.floor(c * (np.sqrt(82) - 1) / 9)

# %% Exercise 2, accepted: counts up, and returns a tensor
def widest_bottleneck(c):
    widths = torch.arange(1, c + 1)
    return widths[2 * c * widths + 9 * widths**2 < 9 * c * c].max()

# %% Exercise 2, rejected with "m is too large": the last convolution forgotten
def widest_bottleneck(c):
    return max(m for m in range(1, c + 1) if c * m + 9 * m * m < 9 * c * c)

# %% Exercise 2, rejected with "a wider bottleneck": ResNet's quarter
def widest_bottleneck(c):
    return c // 4

# %% Exercise 2, rejected with "not for all other numbers": a fixed share
def widest_bottleneck(c):
    return int(0.9 * c)

# %% Exercise 3, accepted: functions, and a shortcut that subsamples before its convolution
class Residual(nn.Module):
    def __init__(self, i, o, stride=1):
        super().__init__()
        self.a = nn.Conv2d(i, o, 3, stride, 1, bias=False)
        self.b = nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(o), nn.BatchNorm2d(o)])
        self.stride, self.same = stride, stride == 1 and i == o
        if not self.same:
            self.c, self.norm = nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o)

    def forward(self, x):
        y = self.norms[0](self.a(x)).clamp(min=0)
        y = self.norms[1](self.b(y))
        if not self.same:
            x = self.norm(self.c(x[:, :, :: self.stride, :: self.stride]))
        return torch.maximum(x + y, torch.zeros(()))

# %% Exercise 3, rejected with "a ReLU between": without the inner ReLU
class Residual(nn.Module):
    def __init__(self, i, o, stride=1):
        super().__init__()
        self.f = nn.Sequential(
            nn.Conv2d(i, o, 3, stride, 1, bias=False),
            nn.BatchNorm2d(o),
            nn.Conv2d(o, o, 3, 1, 1, bias=False),
            nn.BatchNorm2d(o),
        )
        self.g = nn.Identity()
        if stride != 1 or i != o:
            self.g = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        return F.relu(self.f(x) + self.g(x))

# %% Exercise 3, rejected with "add f(x), not subtract": a difference
class Residual(torchvision.models.resnet.BasicBlock):
    def __init__(self, i, o, stride=1):
        project = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))
        super().__init__(i, o, stride, project if stride != 1 or i != o else None)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu((self.downsample(x) if self.downsample else x) - y)

# %% Exercise 3, rejected with "Check the order of the layers": tanh and a difference
class Residual(torchvision.models.resnet.BasicBlock):
    def __init__(self, i, o, stride=1):
        project = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))
        super().__init__(i, o, stride, project if stride != 1 or i != o else None)

    def forward(self, x):
        y = self.bn2(self.conv2(torch.tanh(self.bn1(self.conv1(x)))))
        return F.relu((self.downsample(x) if self.downsample else x) - y)

# %% Exercise 3, rejected with "Check the order of the layers": no ReLU after the sum
class Residual(torchvision.models.resnet.BasicBlock):
    def __init__(self, i, o, stride=1):
        project = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))
        super().__init__(i, o, stride, project if stride != 1 or i != o else None)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return (self.downsample(x) if self.downsample else x) + y

# %% Exercise 3, rejected with "Check the biases": biases in the convolutions
class Residual(nn.Module):
    def __init__(self, i, o, stride=1):
        super().__init__()
        self.f = nn.Sequential(
            nn.Conv2d(i, o, 3, stride, 1),
            nn.BatchNorm2d(o),
            nn.ReLU(),
            nn.Conv2d(o, o, 3, 1, 1),
            nn.BatchNorm2d(o),
        )
        self.g = nn.Identity()
        if stride != 1 or i != o:
            self.g = nn.Sequential(nn.Conv2d(i, o, 1, stride), nn.BatchNorm2d(o))

    def forward(self, x):
        return F.relu(self.f(x) + self.g(x))

# %% Exercise 3, rejected with "not with one": the stride in the second convolution
class Residual(nn.Module):
    def __init__(self, i, o, stride=1):
        super().__init__()
        self.f = nn.Sequential(
            nn.Conv2d(i, o, 3, 1, 1, bias=False),
            nn.BatchNorm2d(o),
            nn.ReLU(),
            nn.Conv2d(o, o, 3, stride, 1, bias=False),
            nn.BatchNorm2d(o),
        )
        self.g = nn.Identity()
        if stride != 1 or i != o:
            self.g = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        return F.relu(self.f(x) + self.g(x))

# %% Exercise 4, accepted: one module per layer, and torch.hstack
class Inception(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.a, self.d = nn.Conv2d(channels, 16, 1), nn.Conv2d(channels, 16, 1)
        self.b1, self.c1 = nn.Conv2d(channels, 8, 1), nn.Conv2d(channels, 8, 1)
        self.b2 = nn.Conv2d(8, 16, 3, padding="same")
        self.c2 = nn.Conv2d(8, 16, 3, padding="same")
        self.c3 = nn.Conv2d(16, 16, 3, padding="same")

    def forward(self, x):
        pooled = F.max_pool2d(x, kernel_size=3, stride=1, padding=1)
        third = self.c3(self.c2(self.c1(x)))
        return torch.hstack([self.a(x), self.b2(self.b1(x)), third, self.d(pooled)])

# %% Exercise 4, rejected with "no pooling yet": without pooling
class Inception(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.a, self.d = nn.Conv2d(channels, 16, 1), nn.Conv2d(channels, 16, 1)
        self.b = nn.Sequential(nn.Conv2d(channels, 8, 1), nn.Conv2d(8, 16, 3, padding=1))
        self.c = nn.Sequential(
            nn.Conv2d(channels, 8, 1),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.Conv2d(16, 16, 3, padding=1),
        )

    def forward(self, x):
        return torch.cat([self.a(x), self.b(x), self.c(x), self.d(x)], dim=1)

# %% Exercise 4, rejected with "Check their order": two branches exchanged
class Inception(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.a, self.d = nn.Conv2d(channels, 16, 1), nn.Conv2d(channels, 16, 1)
        self.b = nn.Sequential(nn.Conv2d(channels, 8, 1), nn.Conv2d(8, 16, 3, padding=1))
        self.c = nn.Sequential(
            nn.Conv2d(channels, 8, 1),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.Conv2d(16, 16, 3, padding=1),
        )

    def forward(self, x):
        pooled = F.max_pool2d(x, 3, 1, 1)
        return torch.cat([self.a(x), self.c(x), self.b(x), self.d(pooled)], dim=1)

# %% Exercise 4, rejected with "number of parameters": a 5×5 convolution
class Inception(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.a, self.d = nn.Conv2d(channels, 16, 1), nn.Conv2d(channels, 16, 1)
        self.b = nn.Sequential(nn.Conv2d(channels, 8, 1), nn.Conv2d(8, 16, 3, padding=1))
        self.c = nn.Sequential(nn.Conv2d(channels, 8, 1), nn.Conv2d(8, 16, 5, padding=2))

    def forward(self, x):
        pooled = F.max_pool2d(x, 3, 1, 1)
        return torch.cat([self.a(x), self.b(x), self.c(x), self.d(pooled)], dim=1)

# %% Exercise 4, rejected with "max pooling 3×3": average pooling
class Inception(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.a, self.d = nn.Conv2d(channels, 16, 1), nn.Conv2d(channels, 16, 1)
        self.b = nn.Sequential(nn.Conv2d(channels, 8, 1), nn.Conv2d(8, 16, 3, padding=1))
        self.c = nn.Sequential(
            nn.Conv2d(channels, 8, 1),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.Conv2d(16, 16, 3, padding=1),
        )

    def forward(self, x):
        pooled = F.avg_pool2d(x, 3, 1, 1)
        return torch.cat([self.a(x), self.b(x), self.c(x), self.d(pooled)], dim=1)

# %% Exercise 5, accepted: a NumPy string
rows_ = [r for r in architectures.published() if not r.more_data]
rows_ = [r for r in rows_ if r.macs <= 5e8 and r.parameters <= 6e6]
for_the_phone = np.array([r.name for r in rows_])[np.argmax([r.accuracy for r in rows_])]

# %% Exercise 5, rejected with "exceeds the budget": the most accurate of all
for_the_phone = max(
    (r for r in architectures.published() if not r.more_data), key=lambda r: r.accuracy
).name

# %% Exercise 5, rejected with "another network within the budget": the one with the fewest MACs
for_the_phone = min(architectures.published(), key=lambda r: r.macs).name

# %% Exercise 5, rejected with "Store the attribute": its title
for_the_phone = "EfficientNet B0"

# %% Exercise 6, accepted: inception modules
my_network = nn.Sequential(
    nn.Conv2d(1, 16, 3, stride=2, padding=1),
    nn.ReLU(),
    Inception(16),
    nn.ReLU(),
    nn.MaxPool2d(2),
    Inception(64),
    nn.ReLU(),
    Inception(64),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(64, 10),
)

# %% Exercise 6, rejected with "two blocks with branches": a plain stack
my_network = nn.Sequential(
    nn.Conv2d(1, 8, 3, stride=2, padding=1),
    *(layer for _ in range(9) for layer in (nn.Conv2d(8, 8, 3, padding=1), nn.ReLU())),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(8, 10),
)

# %% Exercise 6, rejected with "tracer cannot follow": shapes compared in forward
class Branched(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x):
        y = self.conv(x)
        return x + y if x.shape == y.shape else y

my_network = nn.Sequential(
    nn.Conv2d(1, 8, 3, stride=2, padding=1),
    *(Branched() for _ in range(9)),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(8, 10),
)

# %% Exercise 6, rejected with "fewer than ten layers": two residual blocks
my_network = nn.Sequential(
    nn.Conv2d(1, 8, 3, stride=2, padding=1),
    Residual(8, 8),
    Residual(8, 16, 2),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(16, 10),
)

# %% Exercise 6, rejected with "too many parameters": deep and wide
my_network = deep_cnn(depth=20)

# %% Exercise 6, rejected with "ten values each": five classes
my_network = deep_cnn(5, depth=20)
