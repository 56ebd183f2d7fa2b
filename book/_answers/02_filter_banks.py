# Answers to the exercises of chapter 2; see book/_ext/answers.py.

# %% Exercise 1, accepted: the wave travels to the left, which gives the same stripes
frequency, theta = np.float32(0.2), [np.pi][0]

# %% Exercise 1, rejected with "one over the distance": the distance instead of the frequency
frequency, theta = 5, 0

# %% Exercise 1, rejected with "not that of its crests": the direction of the crests
frequency, theta = 0.2, np.pi / 2

# %% Exercise 1, rejected with "one over the distance": half the frequency
frequency, theta = 0.1, 0


# %% Exercise 2, accepted: cross-correlation with the kernels of chapter 1, without padding
from lecture_utils.convolution import convolve2d


def edge_strength(image):
    x, y = (convolve2d(image, KERNELS[name]) for name in ("sobel x", "sobel y"))
    return (x**2 + y**2) ** 0.5


def edge_angle(image):
    x, y = (convolve2d(image, KERNELS[name]) for name in ("sobel x", "sobel y"))
    return np.arctan2(y, x)


# %% Exercise 2, accepted: tensors in, tensors out
import torch


def edge_strength(image):
    x, y = sobel_bank().responses(torch.as_tensor(image))
    return torch.hypot(x, y)


def edge_angle(image):
    x, y = sobel_bank().responses(torch.as_tensor(image))
    return torch.atan2(y, x) + 2 * torch.pi


# %% Exercise 2, rejected with "from bright to dark": the bank's kernels without turning them
def edge_strength(image):
    x, y = (convolve2d(image, kernel) for kernel in sobel_bank().kernels)
    return np.hypot(x, y)


def edge_angle(image):
    x, y = (convolve2d(image, kernel) for kernel in sobel_bank().kernels)
    return np.arctan2(y, x)


# %% Exercise 2, rejected with "from bright to dark": the kernels of chapter 1 in a FilterBank
def edge_strength(image):
    x, y = FilterBank([KERNELS["sobel x"], KERNELS["sobel y"]]).responses(image)
    return np.hypot(x, y)


def edge_angle(image):
    x, y = FilterBank([KERNELS["sobel x"], KERNELS["sobel y"]]).responses(image)
    return np.arctan2(y, x)


# %% Exercise 2, rejected with "swapped x and y": the arguments in the wrong order
def edge_strength(image):
    return np.hypot(*sobel_bank().responses(image))


def edge_angle(image):
    return np.arctan2(*sobel_bank().responses(image))


# %% Exercise 2, rejected with "in radians": degrees
def edge_strength(image):
    return np.hypot(*sobel_bank().responses(image))


def edge_angle(image):
    x, y = sobel_bank().responses(image)
    return np.degrees(np.arctan2(y, x))


# %% Exercise 2, rejected with "right triangle": the sum of the two lengths
def edge_strength(image):
    return np.abs(sobel_bank().responses(image)).sum(axis=0)


def edge_angle(image):
    x, y = sobel_bank().responses(image)
    return np.arctan2(y, x)


# %% Exercise 3, accepted: the pixels taken back from the table
def left_minus_right(table, row, column, size):
    pixels = np.diff(np.diff(table, axis=0), axis=1)[row : row + size, column : column + size]
    half = size // 2
    return [pixels[:, :half].sum() - pixels[:, half:].sum()]


# %% Exercise 3, rejected with "right minus left": the wrong sign
def left_minus_right(table, row, column, size):
    left = box_sum(table, row, column, size, size // 2)
    return box_sum(table, row, column + size // 2, size, size // 2) - left


# %% Exercise 3, rejected with "`size // 2` wide": halves of the wrong size
def left_minus_right(table, row, column, size):
    half = size // 2
    left = box_sum(table, row, column, half, half)
    return left - box_sum(table, row, column + half, half, half)


# %% Exercise 3, rejected with "`size // 2` wide": the last row and column forgotten
def left_minus_right(table, row, column, size):
    half, last = size // 2, size - 1
    left = box_sum(table, row, column, last, half)
    return left - box_sum(table, row, column + half, last, half)


# %% Exercise 4, accepted: by the area of what is brighter than halfway
def blob_radius(image):
    inside = image > (image.min() + image.max()) / 2
    return np.float32([np.sqrt(inside.sum() / np.pi)])[0]


# %% Exercise 4, rejected with "√2 times as large": the best sigma itself
def blob_radius(image):
    sigmas = np.arange(2, 9, 0.25)
    responses = laplacian_of_gaussian_bank(sigmas).responses(image)
    return sigmas[responses.min(axis=(1, 2)).argmin()]


# %% Exercise 4, rejected with "most *negative*": the most positive response
def blob_radius(image):
    sigmas = np.arange(2, 9, 0.25)
    responses = laplacian_of_gaussian_bank(sigmas).responses(image)
    return 2**0.5 * sigmas[responses.max(axis=(1, 2)).argmax()]


# %% Exercise 4, rejected with "most *negative*": without scale normalization
def blob_radius(image):
    sigmas = np.arange(2, 9, 0.25)
    responses = [ndimage.gaussian_laplace(image, sigma).min() for sigma in sigmas]
    return 2**0.5 * sigmas[np.argmin(responses)]


# %% Exercise 5, accepted: by sums with cosine and sine, as a list, half a turn and a sign away
def amplitude_and_phase(row, k):
    x = 2 * np.pi * k * np.arange(len(row)) / len(row)
    a, b = (2 * np.mean(row * wave(x)) for wave in (np.cos, np.sin))
    return [-np.hypot(a, b), np.arctan2(b, a) + np.pi]


# %% Exercise 5, rejected with "wrong scale": the absolute value as it comes
def amplitude_and_phase(row, k):
    number = np.fft.fft(row)[k]
    return abs(number), -np.angle(number)


# %% Exercise 5, rejected with "wrong scale": only one of the two opposite waves
def amplitude_and_phase(row, k):
    number = np.fft.fft(row)[k] / len(row)
    return abs(number), -np.angle(number)


# %% Exercise 5, rejected with "the unit (radians)": degrees
def amplitude_and_phase(row, k):
    value = 2 / len(row) * np.fft.fft(row)[k]
    return abs(value), np.degrees(-np.angle(value))

# %% Exercise 5, rejected with "look at the sign": the angle with the wrong sign
def amplitude_and_phase(row, k):
    number = np.fft.fft(row)[k] * 2 / len(row)
    return abs(number), np.angle(number)


# %% Exercise 6, accepted: complex, with an imaginary part of zero
def undo(blurred, kernel):
    return np.fft.ifft2(np.fft.fft2(blurred) / frequency_response(kernel, np.shape(blurred)))


# %% Exercise 6, accepted: half of the plane, which is enough for real images
def undo(blurred, kernel):
    half = frequency_response(kernel, blurred.shape)[:, : blurred.shape[1] // 2 + 1]
    return np.fft.irfft2(np.fft.rfft2(blurred) / half, blurred.shape).tolist()


# %% Exercise 6, rejected with "a second time": multiplied instead of divided
def undo(blurred, kernel):
    return np.fft.ifft2(np.fft.fft2(blurred) * frequency_response(kernel, blurred.shape)).real


# %% Exercise 6, rejected with "Divide the waves": the kernel is not centered
def undo(blurred, kernel):
    return np.fft.ifft2(np.fft.fft2(blurred) / np.fft.fft2(kernel, blurred.shape)).real


# %% Exercise 6, rejected with "Divide the waves": pixels divided by the response
def undo(blurred, kernel):
    return np.abs(blurred / frequency_response(kernel, blurred.shape))


# %% Exercise 7, accepted: in single precision
smallest_sigma = np.float32(4.9)

# %% Exercise 7, rejected with "still 0.01 or more": a little too small
smallest_sigma = 4.8

# %% Exercise 7, rejected with "A smaller sigma also works": a little too large
smallest_sigma = 5.0

# %% Exercise 7, rejected with "still 0.01 or more": the sigma of one octave, 0.56 / frequency, halved
smallest_sigma = 2.8


# %% Exercise 8, accepted: opposite cells are put together first, on tensors
def complex_cell(simple):
    first, second, third, fourth = torch.as_tensor(simple)
    return torch.hypot(first - third, second - fourth)


# %% Exercise 8, rejected with "One step is missing": the energy without the root
def complex_cell(simple):
    return (simple**2).sum(axis=0)


# %% Exercise 8, rejected with "square of the real part": the sum of the cells
def complex_cell(simple):
    return simple.sum(axis=0)


# %% Exercise 8, rejected with "square of the real part": the strongest cell
def complex_cell(simple):
    return simple.max(axis=0)


# %% Exercise 9, accepted: with scipy, only where both kernels lie inside of the image
from scipy import signal


def second_layer(image, first, second):
    magnitude = abs(signal.convolve2d(image, first, mode="valid"))
    return abs(signal.convolve2d(magnitude, second, mode="valid"))


# %% Exercise 9, accepted: all responses of the bank, with its axis
def second_layer(image, first, second):
    magnitude = FilterBank([first]).magnitudes(image, mode="wrap")[0]
    return FilterBank([second]).magnitudes(magnitude, mode="constant")


# %% Exercise 9, rejected with "one larger kernel": no magnitude in between
def second_layer(image, first, second):
    response = FilterBank([first]).responses(image)[0]
    return np.abs(ndimage.convolve(response, second))


# %% Exercise 9, rejected with "still complex": no magnitude at the end
def second_layer(image, first, second):
    return FilterBank([second]).responses(FilterBank([first]).magnitudes(image)[0])[0]


# %% Exercise 9, rejected with "filter this map": both filters on the image itself
def second_layer(image, first, second):
    return FilterBank([second]).magnitudes(image)[0]


# %% Exercise 10, accepted: found by the same search with more seeds, as an array
four_filters = np.array([23, 1, 9, 12], dtype=np.int16)[::-1]

# %% Exercise 10, rejected with "best on the test images": the best of 60 random fours, by test accuracy
drawn = [np.random.default_rng(seed).choice(32, 4, replace=False) for seed in range(60)]
test_features = bank.pooled(test_images)


def test_accuracy(indices):
    (classify,) = fit(flat(features[:, indices]), train_labels, [100])
    return (classify(flat(test_features[:, indices])) == test_labels).mean()


four_filters = max(drawn, key=test_accuracy)

# %% Exercise 10, rejected with "one of sixty random sets of four": four directions of a single frequency
four_filters = range(0, 8, 2)

# %% Exercise 10, rejected with "one of sixty random sets of four": the strongest four
four_filters = np.argsort(-energy)[:4]

# %% Exercise 10, rejected with "four different numbers": one filter twice
four_filters = [0, 0, 1, 2]

# %% Exercise 11, accepted: another mixture, found by the same search with other seeds
pool = [
    *(kernel.imag for kernel in bank.kernels[4:]),
    *(kernel.real for kernel in bank.kernels[8:32:2]),
    *laplacian_of_gaussian_bank([0.7, 1, 2]).kernels,
    *haar_bank([2, 4]).kernels,
    np.ones((5, 5)) / 25,
    np.ones((3, 3)),
    np.eye(1),
]
my_bank = FilterBank([pool[i] for i in [19, 2, 37, 5, 15, 3, 34, 45]])

# %% Exercise 11, rejected with "less than the margin of error": the best of 120 random banks
my_bank = random_bank(8, 59, False)

# %% Exercise 11, rejected with "at most eight": the bank of the chapter
my_bank = bank

# %% Exercise 11, rejected with "must be real": eight complex kernels
my_bank = GaborBank.from_list(bank.parameters[12:20])

# %% Exercise 11, rejected with "as good or better": another random bank
my_bank = random_bank(8, 99, False)

# %% Exercise 11, rejected with "as good or better": two Sobel and two Laplacian of Gaussian kernels
my_bank = FilterBank(four)
